using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Rekeying;
using FraudStreams.Tests.Messaging;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Rekeying;

[Trait("Category", "Unit")]
public sealed class PublishRekeyedTests : ActorTest
{
    [Fact]
    public async Task Records_of_a_partition_that_went_are_its_next_owners()
    {
        using var folder = new TemporaryFolder();
        using var metrics = new StreamMetrics();
        await using var log = EmbeddedMessageLog.Open(LogOf.Settings(folder, partitions: 2, TopicNames.Transactions, TopicNames.Source), TimeProvider.System, _ => { });
        var (gone, kept) = (Queue(0), Queue(1));
        SourceRecord[] batch = [gone.Take(), kept.Take(), gone.Take(), kept.Take()];

        gone.HasGone();
        await PublishAsync(log, metrics, batch);
        await PublishAsync(log, metrics, [batch[0]]);

        (await log.PositionAsync(ConsumerGroups.Rekey, gone.Partition, default)).ShouldBe(0);
        (await log.PositionAsync(ConsumerGroups.Rekey, kept.Partition, default)).ShouldBe(2);
        (await log.StatusAsync(default)).Topics.Single(topic => topic.Topic == TopicNames.Transactions).Appended.ShouldBe(2);
    }

    [Fact]
    public async Task A_partition_that_goes_while_it_is_published_is_left_out_and_the_others_go_on()
    {
        using var folder = new TemporaryFolder();
        using var metrics = new StreamMetrics();
        await using var log = new InterruptedLog(EmbeddedMessageLog.Open(LogOf.Settings(folder, partitions: 2, TopicNames.Transactions, TopicNames.Source), TimeProvider.System, _ => { }))
        {
            RevokedPartition = 0,
        };
        var (gone, kept) = (Queue(0), Queue(1));
        SourceRecord[] batch = [gone.Take(), kept.Take()];
        SourceRecord[] later = [gone.Take(), kept.Take()];

        await PublishAsync(log, metrics, batch);
        log.RevokedPartition = null;
        await PublishAsync(log, metrics, later);

        gone.HasEnded.ShouldBeTrue("what follows of it would leave a gap");
        (await log.PositionAsync(ConsumerGroups.Rekey, gone.Partition, default)).ShouldBe(0);
        (await log.PositionAsync(ConsumerGroups.Rekey, kept.Partition, default)).ShouldBe(2);
        (await log.StatusAsync(default)).Topics.Single(topic => topic.Topic == TopicNames.Transactions).Appended.ShouldBe(2);
    }

    Task<Done> PublishAsync(IMessageLog log, StreamMetrics metrics, IReadOnlyList<SourceRecord> batch) =>
        Source.Single(batch).Via(PublishRekeyed.Flow(log, metrics, null, TimeProvider.System)).RunWith(Sink.First<Done>(), Sys.Materializer());

    /// <summary>With a chunk of two payments.</summary>
    static PartitionQueue Queue(int partition)
    {
        var queue = new PartitionQueue(new TopicPartition(TopicNames.Source, partition));
        var rows = new TransactionRows(TrainedModel.Schema);
        var reader = new TransactionReader(TrainedModel.Schema);
        var records = Payments.Json(2).Select((json, offset) => new TopicRecord(queue.Partition, offset, default, json, 0)).ToList();
        var chunk = new SourceChunk(records, rows);
        for (var record = 0; record < records.Count; record++)
        {
            reader.Read(records[record].Value.Span, rows).ShouldBeNull();
            chunk.Readable(record);
        }

        queue.Add(chunk);
        return queue;
    }
}
