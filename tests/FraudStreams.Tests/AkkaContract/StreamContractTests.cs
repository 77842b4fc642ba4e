using System.Collections.Concurrent;
using System.Diagnostics;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.AkkaContract;

/// <summary>Behaviour of Akka.NET's streams that the program relies on, and that another version could change.</summary>
[Trait("Category", "Unit")]
public sealed class StreamContractTests : ActorTest
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Elements_in_flight_finish_in_order_after_the_kill_switch()
    {
        var stop = KillSwitches.Shared("stop");
        var gate = new TaskCompletionSource();
        var taken = new ConcurrentQueue<int>();
        var stopped = new TaskCompletionSource();
        var done = Source.From(Enumerable.Range(1, 1000))
            .WatchTermination((none, ended) =>
            {
                _ = ended.ContinueWith(_ => stopped.SetResult(), TaskScheduler.Default);
                return none;
            })
            .Via(stop.Flow<int>())
            .SelectAsync(2, async number =>
            {
                taken.Enqueue(number);
                await gate.Task;
                return number;
            })
            .RunWith(Sink.Seq<int>(), Sys.Materializer());
        await AwaitConditionAsync(() => Task.FromResult(taken.Count == 2), Soon);

        stop.Shutdown();
        await stopped.Task.WaitAsync(Soon);
        done.IsCompleted.ShouldBeFalse();
        gate.SetResult();

        (await done.WaitAsync(Soon)).ShouldBe(taken);
        taken.Count.ShouldBeInRange(2, 3);
    }

    [Fact]
    public async Task A_failed_source_restarts_with_backoff_and_a_completed_one_does_not()
    {
        var starts = new List<long>();
        var numbers = await RestartSource.OnFailuresWithBackoff(
                () =>
                {
                    starts.Add(Stopwatch.GetTimestamp());
                    var run = starts.Count;
                    return Source.From(Enumerable.Range(1, 2)).Select(number => run < 4 && number == 2 ? throw new FormatException("again") : run * 10 + number);
                },
                RestartSettings.Create(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), 0))
            .RunWith(Sink.Seq<int>(), Sys.Materializer()).WaitAsync(Soon);

        numbers.ShouldBe([11, 21, 31, 41, 42]);
        Pause(1).ShouldBeGreaterThanOrEqualTo(90);
        Pause(2).ShouldBeGreaterThanOrEqualTo(190);
        Pause(3).ShouldBeGreaterThanOrEqualTo(390);

        double Pause(int start) => Stopwatch.GetElapsedTime(starts[start - 1], starts[start]).TotalMilliseconds;
    }

    [Fact]
    public async Task A_pipeline_in_backoff_ends_once_its_kill_switch_is_thrown()
    {
        var stop = KillSwitches.Shared("stop");
        var starts = 0;
        var done = RestartSource.OnFailuresWithBackoff(
                () =>
                {
                    starts++;
                    return Source.Maybe<Done>().MapMaterializedValue(_ => NotUsed.Instance).Via(stop.Flow<Done>())
                        .Merge(starts == 1 ? Source.Failed<Done>(new FormatException("once")) : Source.Empty<Done>());
                },
                RestartSettings.Create(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), 0))
            .RunWith(Sink.Ignore<Done>(), Sys.Materializer());
        await AwaitConditionAsync(() => Task.FromResult(starts > 0), Soon);

        stop.Shutdown();

        await done.WaitAsync(Soon);
    }

    /// <summary>The resource is closed even if its read never completes: the release of a group's lock depends on that.</summary>
    [Fact]
    public async Task A_resource_is_closed_when_its_stream_ends_during_a_read()
    {
        var closed = new TaskCompletionSource();
        var reading = new TaskCompletionSource();
        var (stop, done) = Source.UnfoldResourceAsync<int, string>(
                () => Task.FromResult("resource"),
                async _ =>
                {
                    reading.TrySetResult();
                    await closed.Task;
                    return Option<int>.None;
                },
                _ =>
                {
                    closed.SetResult();
                    return Task.FromResult(Done.Instance);
                })
            .ViaMaterialized(KillSwitches.Single<int>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<int>(), Keep.Both)
            .Run(Sys.Materializer());
        await reading.Task.WaitAsync(Soon);

        stop.Shutdown();

        await closed.Task.WaitAsync(Soon);
        await done.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_failed_task_fails_the_stream_with_its_cause()
    {
        var failure = await Record.ExceptionAsync(() => Source.Single(1)
            .SelectAsync(1, async Task<int> (_) =>
            {
                await Task.Yield();
                throw new FormatException("outer", new ArgumentException("inner"));
            })
            .RunWith(Sink.First<int>(), Sys.Materializer()).WaitAsync(Soon));

        (failure is AggregateException ? failure.InnerException : failure).ShouldBeOfType<FormatException>().Message.ShouldBe("outer");
    }
}
