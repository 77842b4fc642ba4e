using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class RestartTests : StreamTest
{
    static readonly RestartSettings Quick = RestartSettings.Create(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20), 0);

    int _started;

    [Fact]
    public async Task A_source_that_ends_is_run_again()
    {
        var seen = RestartSource.WithBackoff(Started(() => Source.From([1, 2])), Quick).Take(6).RunWith(Sink.Seq<int>(), Materializer);

        (await seen.WaitAsync(Patience)).ShouldBe([1, 2, 1, 2, 1, 2]);
        _started.ShouldBe(3);
    }

    [Fact]
    public async Task A_source_that_fails_is_run_again()
    {
        var source = RestartSource.OnFailuresWithBackoff(
            Started(() => _started < 3 ? Source.Single(_started).Concat(Source.Failed<int>(new TestException("again")))
                : Source.Single(99)), Quick);

        (await source.RunWith(Sink.Seq<int>(), Materializer).WaitAsync(Patience)).ShouldBe([1, 2, 99]);
    }

    [Fact]
    public async Task A_source_that_is_run_again_on_failures_may_complete()
    {
        var seen = RestartSource.OnFailuresWithBackoff(Started(() => Source.From([1, 2])), Quick).RunWith(Sink.Seq<int>(), Materializer);

        (await seen.WaitAsync(Patience)).ShouldBe([1, 2]);
        _started.ShouldBe(1);
    }

    [Fact]
    public async Task Each_pause_is_twice_as_long_as_the_one_before()
    {
        var at = new ConcurrentQueue<TimeSpan>();
        var watch = Stopwatch.StartNew();
        var settings = RestartSettings.Create(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10), 0)
            .WithMaxRestarts(3, TimeSpan.FromMinutes(1));

        await RestartSource.WithBackoff(() =>
        {
            at.Enqueue(watch.Elapsed);
            return Source.Failed<int>(new TestException("always"));
        }, settings).RunWith(Sink.Ignore<int>(), Materializer).ShouldThrowAsync<TestException>();

        var starts = at.ToArray();
        starts.Length.ShouldBe(4);
        (starts[1] - starts[0]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(45));
        (starts[2] - starts[1]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(95));
        (starts[3] - starts[2]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(195));
    }

    [Fact]
    public async Task After_the_last_restart_allowed_the_failure_goes_on()
    {
        var seen = RestartSource.OnFailuresWithBackoff(Started(() => Source.Failed<int>(new TestException("always"))),
            Quick.WithMaxRestarts(2, TimeSpan.FromMinutes(1))).RunWith(Sink.Ignore<int>(), Materializer);

        await seen.ShouldThrowAsync<TestException>();
        _started.ShouldBe(3);
    }

    [Fact]
    public async Task Restarts_that_are_far_apart_are_not_counted_together()
    {
        var (source, sink) = (new ConcurrentQueue<TestPublisher.Probe<int>>(), this.SinkProbe<int>());
        var probe = RestartSource.OnFailuresWithBackoff(
            () => this.SourceProbe<int>().MapMaterializedValue(made =>
            {
                source.Enqueue(made);
                return NotUsed.Instance;
            }),
            Quick.WithMaxRestarts(1, TimeSpan.FromMilliseconds(100))).RunWith(sink, Materializer);
        await probe.RequestAsync(10);

        for (var run = 1; run <= 3; run++)
        {
            await AwaitAssertAsync(() => source.Count.ShouldBe(run));
            await probe.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(150));
            await source.Last().SendErrorAsync(new TestException("late"));
        }

        await AwaitAssertAsync(() => source.Count.ShouldBe(4));
    }

    [Fact]
    public async Task A_source_that_cannot_be_made_fails_the_stream()
    {
        var seen = RestartSource.WithBackoff(
            Started(() => _started < 3 ? Source.Single(_started) : throw new TestException("no more")), Quick)
            .RunWith(Sink.Ignore<int>(), Materializer);

        await seen.ShouldThrowAsync<TestException>();
        _started.ShouldBe(3);
    }

    [Fact]
    public async Task A_cancelled_restart_source_starts_nothing_more()
    {
        var sink = RestartSource.WithBackoff(Started(() => Source.Single(1)), Quick).RunWith(this.SinkProbe<int>(), Materializer);
        await sink.RequestNextAsync(1);

        await sink.CancelAsync();
        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        var started = _started;

        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        _started.ShouldBe(started);
    }

    [Fact]
    public async Task A_flow_that_completes_is_run_again()
    {
        var flow = RestartFlow.WithBackoff(Started(() => Flow.Create<int>().Take(1)), Quick);

        var seen = await Source.Repeat(7).Via(flow).Take(3).RunWith(Sink.Seq<int>(), Materializer).WaitAsync(Patience);

        seen.ShouldBe([7, 7, 7]);
        _started.ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task A_flow_that_fails_is_run_again_and_loses_what_was_in_it()
    {
        var flow = RestartFlow.OnFailuresWithBackoff(
            Started(() => Flow.Create<int>().Select(n => n == 3 ? throw new TestException("three") : n)), Quick);

        var seen = Source.From(Enumerable.Range(1, 5)).Via(flow).RunWith(Sink.Seq<int>(), Materializer);

        (await seen.WaitAsync(Patience)).ShouldBe([1, 2, 4, 5]);
        _started.ShouldBe(2);
    }

    [Fact]
    public async Task A_sink_that_cancels_is_run_again()
    {
        var seen = new ConcurrentQueue<int>();
        var (source, _) = this.SourceProbe<int>().ToMaterialized(RestartSink.WithBackoff(
            Started(() => Flow.Create<int>().Take(1).To(Sink.ForEach<int>(seen.Enqueue))), Quick), Keep.Both).Run(Materializer);

        for (var n = 1; n <= 3; n++)
        {
            await AwaitAssertAsync(() => _started.ShouldBe(n));
            await source.SendNextAsync(n);
            await AwaitAssertAsync(() => seen.Count.ShouldBe(n));
        }

        seen.ShouldBe([1, 2, 3]);
    }

    Func<T> Started<T>(Func<T> create) => () =>
    {
        Interlocked.Increment(ref _started);
        return create();
    };
}
