using System.Collections.Concurrent;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Rekeying;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Rekeying;

[Trait("Category", "Unit")]
public sealed class MergeByTimeTests : ActorTest
{
    static readonly TimeSpan s_shortly = TimeSpan.FromMilliseconds(50);

    readonly ConcurrentDictionary<int, (long Lag, long End)> _log = [];
    readonly byte[] _payment = Payments.Json(1)[0];

    [Fact]
    public async Task Records_of_all_partitions_come_in_the_order_of_their_times()
    {
        _log[1] = (Lag: 3, End: 3);
        var (events, batches) = Run(partitions: 2);
        await batches.RequestAsync(10);
        var (first, second) = (Open(0), Open(1));

        await events.SendNextAsync(new PartitionEvent(first, null));
        await events.SendNextAsync(new PartitionEvent(second, null));
        await SendAsync(events, first, 0, 1, 4, 5);
        await SendAsync(events, second, 0, 2, 3, 6);

        Times(await batches.ExpectNextAsync()).ShouldBe([1, 2, 3, 4, 5]);
        Times(await batches.ExpectNextAsync()).ShouldBe([6], "the first has nothing more, and nothing is on its way");
    }

    [Fact]
    public async Task A_partition_of_which_the_log_has_more_is_waited_for()
    {
        _log[1] = (Lag: 1, End: 1);
        var (events, batches) = Run(partitions: 2);
        await batches.RequestAsync(10);
        var (first, second) = (Open(0), Open(1));
        await events.SendNextAsync(new PartitionEvent(first, null));
        await events.SendNextAsync(new PartitionEvent(second, null));
        await SendAsync(events, first, 0, 7, 8);

        await batches.ExpectNoMsgAsync(s_shortly * 10);
        await SendAsync(events, second, 0, 3);

        Times(await batches.ExpectNextAsync()).ShouldBe([3]);
        Times(await batches.ExpectNextAsync()).ShouldBe([7, 8]);
    }

    [Fact]
    public async Task What_waits_of_a_partition_that_went_is_its_next_owners()
    {
        _log[0] = (Lag: 2, End: 2);
        var (events, batches) = Run(partitions: 2);
        var (first, second) = (Open(0), Open(1));
        await events.SendNextAsync(new PartitionEvent(first, null));
        await events.SendNextAsync(new PartitionEvent(second, null));
        await batches.RequestAsync(10);
        await SendAsync(events, second, 0, 1, 9);

        await events.SendNextAsync(new PartitionEvent(second, null, IsEnd: true));
        await SendAsync(events, first, 0, 1, 2);

        Times(await batches.ExpectNextAsync()).ShouldBe([1, 2]);
        await batches.ExpectNoMsgAsync(s_shortly * 4);
    }

    [Fact]
    public async Task A_partition_that_comes_back_before_its_end_was_told_is_merged_once()
    {
        _log[1] = (Lag: 2, End: 2);
        var (events, batches) = Run(partitions: 2);
        var (first, second, again) = (Open(0), Open(1), Open(0));
        await events.SendNextAsync(new PartitionEvent(first, null));
        await events.SendNextAsync(new PartitionEvent(second, null));
        await batches.RequestAsync(10);
        await SendAsync(events, first, 0, 1, 2);

        await events.SendNextAsync(new PartitionEvent(again, null));
        await events.SendNextAsync(new PartitionEvent(first, null, IsEnd: true));
        await SendAsync(events, again, 0, 1, 2);
        await SendAsync(events, second, 0, 3, 4);

        Times(await batches.ExpectNextAsync()).ShouldBe([1, 2]);
        Times(await batches.ExpectNextAsync()).ShouldBe([3, 4]);
        first.HasEnded.ShouldBeTrue("what waits of it downstream is not published");
    }

    [Fact]
    public async Task The_first_record_waits_until_all_partitions_have_come()
    {
        var (events, batches) = Run(partitions: 2);
        await batches.RequestAsync(10);
        var (first, second) = (Open(0), Open(1));

        await events.SendNextAsync(new PartitionEvent(first, null));
        await SendAsync(events, first, 0, 5);
        await batches.ExpectNoMsgAsync(s_shortly * 4);
        _log[1] = (Lag: 1, End: 1);
        await events.SendNextAsync(new PartitionEvent(second, null));
        await SendAsync(events, second, 0, 4);

        Times(await batches.ExpectNextAsync()).ShouldBe([4]);
        Times(await batches.ExpectNextAsync()).ShouldBe([5]);
    }

    [Fact]
    public async Task A_partition_far_ahead_is_not_read_on()
    {
        var queue = new PartitionQueue(new TopicPartition("source", 0));
        for (var chunk = 0; chunk < 4; chunk++)
        {
            await queue.ReserveAsync();
            queue.Add(Chunk(queue, chunk, 1));
        }

        var fifth = queue.ReserveAsync();
        fifth.IsCompleted.ShouldBeFalse();
        queue.Take();

        await fifth;
    }

    (TestPublisher.Probe<PartitionEvent> Events, TestSubscriber.Probe<IReadOnlyList<SourceRecord>> Batches) Run(int partitions) => this.SourceProbe<PartitionEvent>()
        .Via(new MergeByTime(partitions, 100, s_shortly, () => Task.FromResult(Status()), "rekey", TimeProvider.System))
        .ToMaterialized(this.SinkProbe<IReadOnlyList<SourceRecord>>(), Keep.Both).Run(Sys.Materializer());

    MessageLogStatus Status() => new([], [])
    {
        ByPartition = [.. Enumerable.Range(0, 2).Select(number => _log.GetValueOrDefault(number) is var at
            ? new PartitionLag("rekey", new TopicPartition("source", number), at.Lag, at.End) : default)],
    };

    static PartitionQueue Open(int partition) => new(new TopicPartition("source", partition));

    async Task SendAsync(TestPublisher.Probe<PartitionEvent> events, PartitionQueue queue, long offset, params long[] seconds)
    {
        await queue.ReserveAsync();
        await events.SendNextAsync(new PartitionEvent(queue, Chunk(queue, offset, seconds)));
    }

    SourceChunk Chunk(PartitionQueue queue, long offset, params long[] seconds)
    {
        var rows = new TransactionRows(TrainedModel.Schema);
        var reader = new TransactionReader(TrainedModel.Schema);
        var records = seconds.Select((second, at) => new TopicRecord(queue.Partition, offset + at, default, At(second), 0)).ToList();
        var chunk = new SourceChunk(records, rows);
        for (var record = 0; record < records.Count; record++)
        {
            reader.Read(records[record].Value.Span, rows).ShouldBeNull();
            chunk.Readable(record);
        }

        return chunk;
    }

    byte[] At(long second)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(_payment)!;
        json["unix_time"] = second;
        return Payments.Utf8(json.ToJsonString());
    }

    static IEnumerable<long> Times(IReadOnlyList<SourceRecord> batch) => batch.Select(record => record.Rows.EventTime(record.Row) / 1000);
}
