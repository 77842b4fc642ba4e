using System.Collections.Concurrent;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Supervision;
using Akka.Streams.TestKit;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class SelectAsyncTests : StreamTest
{
    readonly ConcurrentDictionary<int, TaskCompletionSource<int>> _tasks = new();

    [Fact]
    public async Task Results_come_in_the_order_of_the_elements()
    {
        var sink = Running(parallelism: 3);
        await sink.RequestAsync(3);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(3));

        _tasks[3].SetResult(30);
        _tasks[2].SetResult(20);
        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _tasks[1].SetResult(10);

        await sink.ExpectNextNAsync([10, 20, 30]);
    }

    [Fact]
    public async Task No_more_tasks_run_than_allowed()
    {
        var sink = Running(parallelism: 2);
        await sink.RequestAsync(10);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(2));
        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _tasks.Count.ShouldBe(2);

        _tasks[1].SetResult(10);

        await sink.ExpectNextAsync(10);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(3));
    }

    [Fact]
    public async Task A_failed_task_fails_the_stream_though_older_ones_run()
    {
        var sink = Running(parallelism: 3);
        await sink.RequestAsync(3);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(3));

        _tasks[2].SetException(new TestException("second"));

        (await sink.ExpectErrorAsync()).GetBaseException().ShouldBeOfType<TestException>();
    }

    [Fact]
    public async Task A_failed_task_may_be_left_out()
    {
        var seen = Source.From(Enumerable.Range(1, 5))
            .SelectAsync(2, async n =>
            {
                await Task.Yield();
                return n == 3 ? throw new TestException("third") : n;
            })
            .WithAttributes(ActorAttributes.CreateSupervisionStrategy(Deciders.ResumingDecider))
            .RunWith(Sink.Seq<int>(), Materializer);

        (await seen).ShouldBe([1, 2, 4, 5]);
    }

    [Fact]
    public async Task A_function_that_throws_is_asked_about_like_a_failed_task()
    {
        var source = Source.From(Enumerable.Range(1, 5))
            .SelectAsync(2, n => n == 3 ? throw new TestException("third") : Task.FromResult(n));

        await source.RunWith(Sink.Seq<int>(), Materializer).ShouldThrowAsync<TestException>();
        var resuming = source.WithAttributes(ActorAttributes.CreateSupervisionStrategy(Deciders.ResumingDecider));
        (await resuming.RunWith(Sink.Seq<int>(), Materializer)).ShouldBe([1, 2, 4, 5]);
    }

    [Fact]
    public async Task Unordered_results_come_as_they_are_ready()
    {
        var sink = Source.From(Enumerable.Range(1, 3)).SelectAsyncUnordered(3, Started).RunWith(this.SinkProbe<int>(), Materializer);
        await sink.RequestAsync(4);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(3));

        _tasks[3].SetResult(30);
        await sink.ExpectNextAsync(30);
        _tasks[1].SetResult(10);
        await sink.ExpectNextAsync(10);
        _tasks[2].SetResult(20);

        await sink.ExpectNextAsync(20);
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task Completion_waits_for_the_tasks_in_flight()
    {
        var (source, sink) = this.SourceProbe<int>().SelectAsync(2, Started).ToMaterialized(this.SinkProbe<int>(), Keep.Both)
            .Run(Materializer);
        await sink.RequestAsync(5);
        await source.SendNextAsync(1);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(1));
        await source.SendCompleteAsync();
        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        _tasks[1].SetResult(10);

        await sink.ExpectNextAsync(10);
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task ForEachAsync_runs_so_many_at_a_time()
    {
        var done = Source.From(Enumerable.Range(1, 4)).RunWith(Sink.ForEachAsync<int>(2, Started), Materializer);
        await AwaitAssertAsync(() => _tasks.Count.ShouldBe(2));

        for (var n = 1; n <= 4; n++)
        {
            await AwaitAssertAsync(() => _tasks.ContainsKey(n).ShouldBeTrue());
            _tasks[n].SetResult(n);
        }

        await done.WaitAsync(Patience);
    }

    TestSubscriber.Probe<int> Running(int parallelism) =>
        Source.From(Enumerable.Range(1, 10)).SelectAsync(parallelism, Started).RunWith(this.SinkProbe<int>(), Materializer);

    Task<int> Started(int n) =>
        _tasks.GetOrAdd(n, _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
