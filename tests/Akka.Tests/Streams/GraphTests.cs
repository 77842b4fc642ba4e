using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Shouldly;
using Xunit;

namespace Akka.Tests.Streams;

public sealed class GraphTests : StreamTest
{
    [Fact]
    public async Task A_broadcast_waits_for_its_slowest_output()
    {
        var (fast, slow) = Branches(eagerCancel: false, Source.From(Enumerable.Range(1, 10)));
        await fast.RequestAsync(10);
        await slow.EnsureSubscriptionAsync();
        await fast.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        await slow.RequestAsync(2);

        await slow.ExpectNextNAsync([1, 2]);
        await fast.ExpectNextNAsync([1, 2]);
        await fast.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_broadcast_goes_on_with_the_outputs_it_has_left()
    {
        var (left, right) = Branches(eagerCancel: false, Source.From(Enumerable.Range(1, 3)));
        await left.CancelAsync();

        await right.RequestAsync(4);

        await right.ExpectNextNAsync([1, 2, 3]);
        await right.ExpectCompleteAsync();
    }

    [Fact]
    public async Task An_eager_broadcast_ends_with_its_first_cancellation()
    {
        var (left, right) = Branches(eagerCancel: true, Source.From(Enumerable.Range(1, 3)));
        await right.EnsureSubscriptionAsync();

        await left.CancelAsync();

        await right.ExpectCompleteAsync();
    }

    [Fact]
    public async Task Branches_are_merged_again()
    {
        var flow = Flow.FromGraph(GraphDsl.Create(builder =>
        {
            var split = builder.Add(new Broadcast<int>(2));
            var merge = builder.Add(new Merge<int>(2));
            builder.From(split.Out(0)).Via(Flow.Create<int>().Select(n => n * 10)).To(merge.In(0));
            builder.From(split.Out(1)).To(merge.In(1));
            return new FlowShape<int, int>(split.In, merge.Out);
        }));

        (await Source.From([1, 2]).Via(flow).RunWith(Sink.Seq<int>(), Materializer)).ShouldBe([1, 2, 10, 20], ignoreOrder: true);
    }

    [Fact]
    public async Task A_graph_gives_the_values_of_the_graphs_it_was_given()
    {
        var graph = GraphDsl.Create(Sink.Seq<int>(), Sink.Seq<int>(), Keep.Both, (builder, left, right) =>
        {
            var split = builder.Add(new Broadcast<int>(2));
            builder.From(split.Out(0)).To(left);
            builder.From(split.Out(1)).To(right);
            return new SinkShape<int>(split.In);
        });

        var (first, second) = Source.From([1, 2]).RunWith(Sink.FromGraph(graph), Materializer);

        (await first).ShouldBe([1, 2]);
        (await second).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_graph_may_be_closed()
    {
        var graph = RunnableGraph.FromGraph(GraphDsl.Create(Sink.Aggregate<int, int>(0, (sum, n) => sum + n), (builder, sink) =>
        {
            builder.From(builder.Add(Source.From(Enumerable.Range(1, 4)))).To(sink);
            return ClosedShape.Instance;
        }));

        (await graph.Run(Materializer)).ShouldBe(10);
    }

    [Fact]
    public async Task AlsoTo_shows_each_element_to_another_sink()
    {
        var seen = new TaskCompletionSource<int>();
        var also = Flow.Create<int>().Aggregate(0, (sum, n) => sum + n).To(Sink.ForEach<int>(seen.SetResult));

        var all = Source.From([1, 2, 3]).AlsoTo(also).RunWith(Sink.Seq<int>(), Materializer);

        (await all).ShouldBe([1, 2, 3]);
        (await seen.Task.WaitAsync(Patience)).ShouldBe(6);
    }

    [Fact]
    public void Materialized_values_are_kept_as_said()
    {
        var source = Source.Single(1).MapMaterializedValue(_ => "source");
        var flow = Flow.Create<int>().MapMaterializedValue(_ => "flow");
        var sink = Sink.Cancelled<int>().MapMaterializedValue(_ => "sink");

        source.Via(flow).To(sink).Run(Materializer).ShouldBe("source");
        source.ViaMaterialized(flow, Keep.Right).To(sink).Run(Materializer).ShouldBe("flow");
        source.ViaMaterialized(flow, Keep.Both).ToMaterialized(sink, Keep.Both).Run(Materializer).ShouldBe((("source", "flow"), "sink"));
        source.RunWith(sink, Materializer).ShouldBe("sink");
        flow.RunWith(source, sink, Materializer).ShouldBe(("source", "sink"));
        source.ToMaterialized(sink, (left, right) => left + "+" + right).Run(Materializer).ShouldBe("source+sink");
    }

    [Fact]
    public async Task Merged_sources_run_so_many_at_a_time()
    {
        var promises = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var sink = Source.From(promises).MergeMany(2, promise => Source.FromTask(promise.Task))
            .RunWith(this.SinkProbe<int>(), Materializer);
        await sink.RequestAsync(5);
        promises[2].SetResult(3);
        await sink.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        promises[0].SetResult(1);

        await sink.ExpectNextAsync(1);
        await sink.ExpectNextAsync(3);
        promises[1].SetResult(2);
        await sink.ExpectNextAsync(2);
        await sink.ExpectCompleteAsync();
    }

    [Fact]
    public async Task Concatenated_sources_run_one_after_the_other() =>
        (await Source.From([3, 1, 2]).ConcatMany(n => Source.From(Enumerable.Repeat(n, n))).RunWith(Sink.Seq<int>(), Materializer))
        .ShouldBe([3, 3, 3, 1, 2, 2]);

    [Fact]
    public async Task A_merged_source_that_fails_fails_the_stream() =>
        await Source.From([1, 2]).MergeMany(2, n => n == 2 ? Source.Failed<int>(new TestException("two")) : Source.Never<int>())
            .RunWith(Sink.Ignore<int>(), Materializer).ShouldThrowAsync<TestException>();

    (TestSubscriber.Probe<int>, TestSubscriber.Probe<int>) Branches(bool eagerCancel, Source<int, NotUsed> source) =>
        source.RunWith(Sink.FromGraph(GraphDsl.Create(this.SinkProbe<int>(), this.SinkProbe<int>(), Keep.Both, (builder, left, right) =>
        {
            var split = builder.Add(new Broadcast<int>(2, eagerCancel));
            builder.From(split.Out(0)).To(left);
            builder.From(split.Out(1)).To(right);
            return new SinkShape<int>(split.In);
        })), Materializer);
}
