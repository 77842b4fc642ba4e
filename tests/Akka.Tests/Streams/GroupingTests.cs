using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class GroupingTests : StreamTest
{
    static readonly TimeSpan Never = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_full_group_goes_without_waiting_for_the_time()
    {
        var groups = Source.From(Enumerable.Range(1, 7)).GroupedWithin(3, Never).Select(group => group.ToArray())
            .RunWith(Sink.Seq<int[]>(), Materializer);

        (await groups.WaitAsync(Patience)).ShouldBe([[1, 2, 3], [4, 5, 6], [7]]);
    }

    [Fact]
    public async Task A_group_that_is_not_full_goes_when_its_time_is_over()
    {
        var (source, sink) = Grouped(100, TimeSpan.FromMilliseconds(100));
        await sink.RequestAsync(2);

        await source.SendNextAsync(1);
        await source.SendNextAsync(2);
        (await sink.ExpectNextAsync()).ShouldBe([1, 2]);
        await source.SendNextAsync(3);

        (await sink.ExpectNextAsync()).ShouldBe([3]);
    }

    [Fact]
    public async Task There_are_no_empty_groups()
    {
        var (source, sink) = Grouped(100, TimeSpan.FromMilliseconds(20));
        await sink.RequestAsync(5);

        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(150));

        await source.SendNextAsync(1);
        (await sink.ExpectNextAsync()).ShouldBe([1]);
    }

    [Fact]
    public async Task Completion_gives_out_what_is_there()
    {
        var (source, sink) = Grouped(100, Never);
        await sink.RequestAsync(1);
        await source.SendNextAsync(1);

        await source.SendCompleteAsync();

        (await sink.ExpectNextAsync()).ShouldBe([1]);
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task Without_demand_one_group_is_gathered_and_the_next_begun()
    {
        var (source, sink) = Grouped(2, Never);
        await sink.EnsureSubscriptionAsync();
        for (var n = 1; n <= 6; n++) await source.SendNextAsync(n);
        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        await sink.RequestAsync(3);

        (await sink.ExpectNextAsync()).ShouldBe([1, 2]);
        (await sink.ExpectNextAsync()).ShouldBe([3, 4]);
        (await sink.ExpectNextAsync()).ShouldBe([5, 6]);
    }

    [Fact]
    public async Task A_group_ends_before_it_weighs_too_much()
    {
        var groups = Source.From([3, 3, 3, 9, 12, 1]).GroupedWeightedWithin(9, 100, Never, n => n)
            .Select(group => group.ToArray()).RunWith(Sink.Seq<int[]>(), Materializer);

        (await groups.WaitAsync(Patience)).ShouldBe([[3, 3, 3], [9], [12], [1]]);
    }

    (TestPublisher.Probe<int>, TestSubscriber.Probe<int[]>) Grouped(int number, TimeSpan time) => this.SourceProbe<int>()
        .GroupedWithin(number, time).Select(group => group.ToArray()).ToMaterialized(this.SinkProbe<int[]>(), Keep.Both).Run(Materializer);
}
