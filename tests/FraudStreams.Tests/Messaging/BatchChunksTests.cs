using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using FraudStreams.Messaging;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging;

[Trait("Category", "Unit")]
public sealed class BatchChunksTests : ActorTest
{
    static readonly TimeSpan Never = TimeSpan.FromHours(1);
    static readonly TimeSpan Shortly = TimeSpan.FromMilliseconds(50);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(25)]
    [InlineData(1000)]
    public async Task Batches_of_any_chunks_are_exact_and_in_order_and_the_last_has_the_rest(int chunk)
    {
        var batches = await Source.From(Enumerable.Range(0, 96).Chunk(chunk).Select(some => (IReadOnlyList<int>)some))
            .Via(new BatchChunks<int>(10, Never))
            .RunWith(Sink.Seq<IReadOnlyList<int>>(), Sys.Materializer());

        batches.Select(batch => batch.Count).ShouldBe([.. Enumerable.Repeat(10, 9), 6]);
        batches.SelectMany(batch => batch).ShouldBe(Enumerable.Range(0, 96));
    }

    [Fact]
    public async Task An_input_without_elements_gives_no_batch()
    {
        (await Source.Empty<IReadOnlyList<int>>().Via(new BatchChunks<int>(10, Never)).RunWith(Sink.Seq<IReadOnlyList<int>>(), Sys.Materializer())).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_partial_batch_is_emitted_once_its_first_element_has_waited()
    {
        var (chunks, batches) = Run(10, Shortly);
        await batches.RequestAsync(3);

        await chunks.SendNextAsync([1, 2]);
        (await batches.ExpectNextAsync()).ShouldBe([1, 2]);
        await chunks.SendNextAsync([.. Enumerable.Range(3, 12)]);

        (await batches.ExpectNextAsync()).ShouldBe(Enumerable.Range(3, 10));
        (await batches.ExpectNextAsync()).ShouldBe([13, 14]);
    }

    [Fact]
    public async Task A_due_batch_waits_for_demand_grows_to_full_size_and_then_stops_pulling()
    {
        var (chunks, batches) = Run(4, Shortly);
        await chunks.SendNextAsync([1]);
        await chunks.SendNextAsync([2, 3]);
        await chunks.SendNextAsync([4, 5]);

        await chunks.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200));
        await batches.RequestAsync(1);

        (await batches.ExpectNextAsync()).ShouldBe([1, 2, 3, 4]);
        await batches.RequestAsync(1);
        (await batches.ExpectNextAsync()).ShouldBe([5]);
    }

    [Fact]
    public async Task A_batch_is_closed_before_its_wait_is_over_once_the_source_is_dry()
    {
        var (chunks, batches) = Run(10, Never, Shortly);
        await batches.RequestAsync(2);

        await chunks.SendNextAsync([1, 2, 3]);
        (await batches.ExpectNextAsync()).ShouldBe([1, 2, 3]);
        await chunks.SendNextAsync([4]);
        (await batches.ExpectNextAsync()).ShouldBe([4]);
    }

    [Fact]
    public async Task A_source_that_never_runs_dry_holds_no_batch_longer_than_its_wait()
    {
        var (dry, wait) = (TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(300));
        var (chunks, batches) = Run(1000, wait, dry);
        await batches.RequestAsync(1);

        await chunks.SendNextAsync([1, 2]);

        (await batches.ExpectNextAsync(dry)).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_failure_is_propagated_at_once()
    {
        var (chunks, batches) = Run(4, Never);
        await batches.RequestAsync(1);
        await chunks.SendNextAsync([1]);

        await chunks.SendErrorAsync(new FormatException("that"));

        (await batches.ExpectErrorAsync()).ShouldBeOfType<FormatException>();
    }

    [Fact]
    public async Task A_chunk_of_whole_batches_is_not_copied()
    {
        var chunk = Enumerable.Range(0, 20).ToArray();

        var batches = await Source.Single((IReadOnlyList<int>)chunk).Via(new BatchChunks<int>(10, Never)).RunWith(Sink.Seq<IReadOnlyList<int>>(), Sys.Materializer());

        batches.ShouldAllBe(batch => ReferenceEquals(((ArraySegment<int>)batch).Array, chunk));
    }

    (TestPublisher.Probe<IReadOnlyList<int>> Chunks, TestSubscriber.Probe<IReadOnlyList<int>> Batches) Run(int size, TimeSpan wait, TimeSpan? dry = null) =>
        this.SourceProbe<IReadOnlyList<int>>().Via(new BatchChunks<int>(size, wait, dry)).ToMaterialized(this.SinkProbe<IReadOnlyList<int>>(), Keep.Both).Run(Sys.Materializer());
}
