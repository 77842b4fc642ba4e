using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class SourceTests : StreamTest
{
    [Fact]
    public async Task An_enumerable_is_given_out_in_order() =>
        (await Source.From(Enumerable.Range(1, 1000)).RunWith(Sink.Seq<int>(), Materializer)).ShouldBe(Enumerable.Range(1, 1000));

    [Fact]
    public async Task A_blueprint_runs_as_often_as_it_is_materialized()
    {
        var sum = Source.From(Enumerable.Range(1, 100)).ToMaterialized(Sink.Aggregate<int, int>(0, (a, b) => a + b), Keep.Right);

        (await sum.Run(Materializer)).ShouldBe(5050);
        (await sum.Run(Materializer)).ShouldBe(5050);
    }

    [Fact]
    public async Task Single_gives_one_element() => (await Source.Single(7).RunWith(Sink.Seq<int>(), Materializer)).ShouldBe([7]);

    [Fact]
    public async Task Empty_gives_none() => (await Source.Empty<int>().RunWith(Sink.Seq<int>(), Materializer)).ShouldBeEmpty();

    [Fact]
    public async Task A_task_gives_its_result()
    {
        var promise = new TaskCompletionSource<int>();
        var seen = Source.FromTask(promise.Task).RunWith(Sink.Seq<int>(), Materializer);

        promise.SetResult(3);

        (await seen).ShouldBe([3]);
    }

    [Fact]
    public async Task A_failed_task_fails_the_stream() =>
        await Source.FromTask(Task.FromException<int>(new InvalidDataException("no"))).RunWith(Sink.Seq<int>(), Materializer)
            .ShouldThrowAsync<InvalidDataException>();

    [Fact]
    public async Task Unfold_carries_its_state()
    {
        var powers = Source.Unfold(1, n => n > 100 ? Option<(int, int)>.None : (n * 2, n));

        (await powers.RunWith(Sink.Seq<int>(), Materializer)).ShouldBe([1, 2, 4, 8, 16, 32, 64]);
    }

    [Fact]
    public async Task UnfoldAsync_asks_for_the_next_state_when_there_is_demand()
    {
        var asked = 0;
        var source = Source.UnfoldAsync(1, async n =>
        {
            await Task.Yield();
            Interlocked.Increment(ref asked);
            return Option<(int, int)>.Create((n + 1, n));
        });

        (await source.Take(5).RunWith(Sink.Seq<int>(), Materializer)).ShouldBe([1, 2, 3, 4, 5]);
        asked.ShouldBe(5);
    }

    [Fact]
    public async Task Maybe_gives_what_it_was_promised()
    {
        var (promise, seen) = Source.Maybe<string>().ToMaterialized(Sink.Seq<string>(), Keep.Both).Run(Materializer);

        promise.SetResult("it");

        (await seen).ShouldBe(["it"]);
    }

    [Fact]
    public async Task Ticks_come_until_they_are_cancelled()
    {
        var (cancelable, ended) = Source.Tick(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), "tick")
            .ToMaterialized(Sink.First<string>(), Keep.Both).Run(Materializer);

        (await ended).ShouldBe("tick");

        var (second, all) = Source.Tick(TimeSpan.Zero, TimeSpan.FromMilliseconds(20), "tick")
            .ToMaterialized(Sink.Ignore<string>(), Keep.Both).Run(Materializer);
        second.Cancel();
        await all.WaitAsync(Patience);
        cancelable.IsCancellationRequested.ShouldBeFalse();
        second.IsCancellationRequested.ShouldBeTrue();
    }
}
