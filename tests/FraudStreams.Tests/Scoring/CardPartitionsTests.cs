using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Unit")]
public sealed class CardPartitionsTests : ActorTest
{
    readonly TemporaryFolder _folder = new();
    readonly PipelineHealth _health = new(TimeSpan.FromMinutes(1), TimeProvider.System);
    readonly StreamMetrics _metrics = new();
    readonly CollectedLog _log = new();

    [Fact]
    public async Task A_card_in_two_partitions_of_this_host_is_said_with_both_places()
    {
        await using var log = Open();
        await using var cards = Cards(log);

        await PassAsync(cards, partition: 0, offset: 10);
        _health.Notices.ShouldBeEmpty();
        await PassAsync(cards, partition: 1, offset: 20);

        _health.Notices.ShouldContainKey("keys");
        _health.Notices["keys"].ShouldContain("payments of one card are in transactions/0 (offset 10) and in transactions/1 (offset 20)");
        _log.Warnings.ShouldHaveSingleItem().ShouldContain("set topics.rekey = on");
        _log.Warnings.Single().ShouldNotContain(CardOf(Payments.Json(1)[0]));
    }

    [Fact]
    public async Task A_card_of_another_hosts_partition_is_found_in_the_topic()
    {
        await using var log = Open();
        await using var cards = Cards(log);
        var payment = Payments.Json(1)[0];
        var key = Enumerable.Range(0, 100).Select(number => $"id {number}").First(id => PartitionOf(id) == 1);
        var batch = new RecordBatch();
        batch.Add(TopicNames.Transactions, Payments.Utf8(key), payment);
        await log.PublishAsync(batch, default);
        await log.PublishAsync(new RecordBatch().With(ConsumerGroups.Score, new TopicPartition(TopicNames.Transactions, 1), 1), default);

        await PassAsync(cards, partition: 0, offset: 7);
        await cards.LookAtOthersAsync(default);

        _health.Notices["keys"].ShouldContain("transactions/0 (offset 7) and in transactions/1 (offset 0)");
    }

    [Fact]
    public async Task Where_no_card_can_be_in_two_partitions_nothing_is_looked_at()
    {
        await using var log = Open();

        CardPartitions.Open(log, TrainedModel.Schema, SettingsOf.Set().Topics, _metrics, _health, _log, TimeProvider.System).ShouldBeNull();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _metrics.Dispose();
        _folder.Dispose();
    }

    EmbeddedMessageLog Open() => EmbeddedMessageLog.Open(LogOf.Settings(_folder, partitions: 2), TimeProvider.System, _ => { });

    CardPartitions Cards(IMessageLog log) => CardPartitions.Open(log, TrainedModel.Schema, SettingsOf.Set("topics.partitions=2").Topics, _metrics, _health, _log, TimeProvider.System)!;

    async Task PassAsync(CardPartitions cards, int partition, long offset)
    {
        var at = new TopicPartition(TopicNames.Transactions, partition);
        var batch = new TransactionBatchPool(() => new TransactionRows(TrainedModel.Schema)).Rent()
            .Read([new TopicRecord(at, offset, default, Payments.Json(1)[0], 0)], new TransactionReader(TrainedModel.Schema), ConsumerGroups.Score);

        await Source.Single(batch).Via(CardPartitions.Flow(cards, at)).RunWith(Sink.First<TransactionBatch>(), Sys.Materializer());
    }

    static int PartitionOf(string key)
    {
        var partitioner = new RecordPartitioner();
        return partitioner.PartitionOf(Payments.Utf8(key), 2);
    }

    static string CardOf(byte[] payment) => System.Text.Json.Nodes.JsonNode.Parse(payment)!["cc_num"]!.GetValue<string>();
}
