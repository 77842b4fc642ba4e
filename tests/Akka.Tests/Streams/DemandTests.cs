using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class DemandTests : StreamTest
{
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_source_is_asked_only_for_what_the_sink_wants()
    {
        var made = 0;
        var sink = Source.UnfoldInfinite(0, n => (n + 1, Interlocked.Increment(ref made))).Select(n => n)
            .RunWith(this.SinkProbe<int>(), Materializer);

        await sink.RequestAsync(3);
        await sink.ExpectNextNAsync([1, 2, 3]);
        await sink.ExpectNoMsgAsync(Short);

        made.ShouldBe(3);
    }

    [Fact]
    public async Task A_buffer_takes_what_it_says_and_no_more()
    {
        var made = 0;
        var sink = Source.UnfoldInfinite(0, n => (n + 1, Interlocked.Increment(ref made))).Buffer(8, OverflowStrategy.Backpressure)
            .RunWith(this.SinkProbe<int>(), Materializer);
        await sink.EnsureSubscriptionAsync();

        await AwaitAssertAsync(() => made.ShouldBe(8));
        await sink.ExpectNoMsgAsync(Short);
        made.ShouldBe(8);

        await sink.RequestNextAsync(1);
        await AwaitAssertAsync(() => made.ShouldBe(9));
    }

    [Theory]
    [InlineData(OverflowStrategy.DropHead, new[] { 3, 4 })]
    [InlineData(OverflowStrategy.DropTail, new[] { 1, 4 })]
    [InlineData(OverflowStrategy.DropBuffer, new[] { 3, 4 })]
    [InlineData(OverflowStrategy.DropNew, new[] { 1, 2 })]
    public async Task A_full_buffer_drops_as_its_strategy_says(OverflowStrategy strategy, int[] left)
    {
        var (source, sink) = this.SourceProbe<int>().Buffer(2, strategy).ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();
        foreach (var n in Enumerable.Range(1, 4)) await source.SendNextAsync(n);
        await source.SendCompleteAsync();
        await sink.ExpectNoMsgAsync(Short);

        await sink.RequestAsync(10);

        await sink.ExpectNextNAsync(left);
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task A_full_buffer_that_may_not_drop_fails()
    {
        var (source, sink) = this.SourceProbe<int>().Buffer(1, OverflowStrategy.Fail)
            .ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();

        await source.SendNextAsync(1);
        await source.SendNextAsync(2);

        (await sink.ExpectErrorAsync()).ShouldBeOfType<BufferOverflowException>();
    }

    [Fact]
    public async Task A_batch_grows_while_there_is_no_demand()
    {
        var (source, sink) = this.SourceProbe<int>().Batch(100, n => n, (sum, n) => sum + n)
            .ToMaterialized(this.SinkProbe<int>(), Keep.Both).Run(Materializer);
        await sink.EnsureSubscriptionAsync();
        foreach (var n in Enumerable.Range(1, 4)) await source.SendNextAsync(n);
        await sink.ExpectNoMsgAsync(Short);

        await sink.RequestNextAsync(10);
    }

    [Fact]
    public async Task A_stream_without_end_lets_others_run()
    {
        var (kill, endless) = Source.Repeat(1).ViaMaterialized(KillSwitches.Single<int>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<int>(), Keep.Both).Run(Materializer);
        var second = Source.Repeat(1).ViaMaterialized(KillSwitches.Single<int>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<int>(), Keep.Both).Run(Materializer);
        var third = Source.Repeat(1).ViaMaterialized(KillSwitches.Single<int>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<int>(), Keep.Both).Run(Materializer);

        var sum = Source.From(Enumerable.Range(1, 1000)).RunAggregate(0, (sum, n) => sum + n, Materializer);
        (await sum.WaitAsync(Patience)).ShouldBe(500_500);

        kill.Shutdown();
        second.Item1.Shutdown();
        third.Item1.Shutdown();
        await Task.WhenAll(endless, second.Item2, third.Item2).WaitAsync(Patience);
    }
}
