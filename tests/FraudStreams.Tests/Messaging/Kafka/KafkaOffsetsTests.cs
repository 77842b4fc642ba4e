using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using TopicPartition = FraudStreams.Messaging.TopicPartition;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>Offsets without records, records removed or too long, partitions added: what other clients do to a topic.</summary>
[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class KafkaOffsetsTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>
{
    static readonly TopicPartition First = new("transactions", 0);

    [KafkaFact]
    public async Task A_group_that_read_all_transactional_records_has_no_lag()
    {
        await using var topics = Open();
        Transaction(commit: true, "1", "2", "3");
        Transaction(commit: false, "never");
        var consumer = Consume(topics, "score");

        await Until(() => consumer.Records.Count == 3);
        await Eventually.TrueAsync(async () => (await topics.StatusAsync(default)).Of("score", "transactions").Lag == 0, limitSeconds: 40);
        Transaction(commit: true, "4");
        await Until(() => consumer.Records.Count == 4);
        await Eventually.TrueAsync(async () => (await topics.StatusAsync(default)).Of("score", "transactions").Lag == 0, limitSeconds: 40);

        consumer.Records.Select(LogOf.Text).ShouldBe(["1", "2", "3", "4"]);
        await consumer.StopAsync();
    }

    [KafkaFact]
    public async Task A_group_that_finds_only_a_transaction_marker_has_no_lag()
    {
        await using var topics = Open();
        Transaction(commit: true, "1");
        await topics.PublishAsync(LogOf.Batch("transactions"), default);
        var consumer = Consume(topics, "score");
        await Until(() => consumer.Records.Count == 1);
        await consumer.StopAsync();
        Transaction(commit: false, "never");

        var second = Consume(topics, "score");

        await Eventually.TrueAsync(async () => (await topics.StatusAsync(default)).Of("score", "transactions").Lag == 0, limitSeconds: 40);
        await second.StopAsync();
        second.Records.ShouldBeEmpty();
    }

    [KafkaFact]
    public async Task A_reader_reaches_the_end_behind_a_transaction_marker_without_waiting()
    {
        await using var topics = Open();
        Transaction(commit: true, "1", "2");
        await using var reader = topics.OpenReader(First, 0);

        (await reader.NextAsync(wait: true, default)).Select(LogOf.Text).ShouldBe(["1", "2"]);
        (await reader.NextAsync(wait: true, default).WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeEmpty();

        Transaction(commit: true, "3");
        (await reader.NextAsync(wait: true, default)).Select(LogOf.Text).ShouldBe(["3"]);
    }

    [KafkaFact]
    public async Task A_reader_does_not_wait_for_an_open_transaction()
    {
        await using var topics = Open();
        await topics.PublishAsync(LogOf.Batch("transactions", "1"), default);
        using var producer = TransactionalProducer();
        producer.BeginTransaction();
        await producer.ProduceAsync(new Confluent.Kafka.TopicPartition($"{Prefix}transactions", 0), Message("2"));
        await using var reader = topics.OpenReader(First, 0);

        (await reader.NextAsync(wait: true, default)).Select(LogOf.Text).ShouldBe(["1"]);
        (await reader.NextAsync(wait: true, default).WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeEmpty();

        producer.CommitTransaction();
        IReadOnlyList<TopicRecord> next = [];
        await Eventually.TrueAsync(async () => (next = await reader.NextAsync(wait: true, default)).Count > 0);
        next.Select(LogOf.Text).ShouldBe(["2"]);
    }

    [KafkaFact]
    public async Task Records_removed_by_retention_are_no_lag_and_unread_ones_are_warned_of()
    {
        await using var topics = Open();
        await topics.PublishAsync(Payments(1, 10), default);
        var before = Consume(topics, "score");
        await Until(() => before.Records.Count == 10);
        await before.StopAsync();
        await topics.PublishAsync(Payments(11, 30), default);
        using (var admin = NewAdmin())
            await admin.DeleteRecordsAsync([new TopicPartitionOffset($"{Prefix}transactions", 0, 25)]);
        var warnings = Warnings();

        (await topics.StatusAsync(default)).Of("score", "transactions").Lag.ShouldBe(5);
        (await topics.StatusAsync(default)).Of("never", "transactions").Lag.ShouldBe(5);
        var consumer = Consume(topics, "score");

        await Until(() => consumer.Records.Count == 5);
        Numbers(consumer).ShouldBe([26, 27, 28, 29, 30]);
        await Until(() => warnings.Any(warning => warning.Contains("Retention removed 15 records of transactions, partition 0, before group score read them: it continues at offset 25")));
        await consumer.StopAsync();
    }

    [KafkaFact]
    public async Task Partitions_added_under_a_running_host_are_a_fault_and_the_others_go_on()
    {
        await using var topics = FraudStreams.Messaging.Kafka.KafkaMessageLog.Open(
            Settings(Servers, "client { topic.metadata.refresh.interval.ms = 500 }"), Layout(1), Log);
        var consumer = Consume(topics, "score");
        await topics.PublishAsync(Payments(1, 3), default);
        await Until(() => consumer.Records.Count == 3);

        using (var admin = NewAdmin())
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = $"{Prefix}transactions", IncreaseTo = 3 }]);
        using (var producer = new ProducerBuilder<byte[], byte[]>(Settings(Servers).Properties).Build())
        {
            await Eventually.TrueAsync(
                async () => (await topics.StatusAsync(default)).Topics.Single(topic => topic.Topic == "transactions").Partitions == 3, limitSeconds: 40);
            await producer.ProduceAsync(new Confluent.Kafka.TopicPartition($"{Prefix}transactions", 2), Message("of partition 2"));
        }

        var status = await topics.StatusAsync(default);
        status.Faults.ShouldHaveSingleItem().ShouldContain($"Topic {Prefix}transactions at {Servers} has 3 partitions and 1 were expected");
        status.Of("score", "transactions").Lag.ShouldBe(1);
        await topics.PublishAsync(Payments(4, 6), default);
        await Until(() => consumer.Records.Count == 6);
        await consumer.StopAsync();
        consumer.Records.ShouldAllBe(record => record.Partition.Partition == 0);
    }

    [KafkaFact]
    public async Task A_dead_letter_that_would_be_too_long_has_an_excerpt_and_the_offset()
    {
        await using var topics = Open();
        var longest = topics.LongestRecord("rejected");
        longest.ShouldBeInRange(900_000, 1_100_000);
        var record = new TopicRecord(First, 7, Encoding.ASCII.GetBytes("card"), new byte[900_000], 0);
        var short_ = record with { Offset = 8, Value = new byte[1000] };
        var outgoing = new RecordBatch();
        outgoing.AddRejected(topics, record, new RejectReason(RejectCodes.NotJson, "it is not JSON"), default);
        outgoing.AddRejected(topics, short_, new RejectReason(RejectCodes.NotJson, "it is not JSON"), default);

        (await topics.PublishAsync(outgoing, default)).ShouldBe(2);

        await using var reader = topics.OpenReader(new TopicPartition("rejected", 0), 0);
        var read = (await reader.NextAsync(wait: true, default)).Select(one => RejectedRecord.Read(one.Value).ShouldNotBeNull()).ToList();
        (read[0].Topic, read[0].Partition, read[0].Offset, read[0].Original.Length, read[0].Excerpt).ShouldBe(("transactions", 0, 7, 65536, 65536));
        (read[1].Offset, read[1].Original.Length, read[1].Excerpt).ShouldBe((8, 1000, null));
    }

    [KafkaFact]
    public async Task A_payment_is_limited_to_the_size_that_its_prediction_may_have()
    {
        await using var topics = Open();
        var settings = Tests.Configuration.SettingsOf.Set("topics.max-record-bytes=8MiB").Topics;

        settings.Fitting(topics, features: 20).MaxRecordBytes.ShouldBeInRange(900_000, topics.LongestRecord("predictions") - 1);
        (settings with { MaxRecordBytes = 1000 }).Fitting(topics, features: 20).MaxRecordBytes.ShouldBe(1000);
    }

    void Transaction(bool commit, params string[] values)
    {
        using var producer = TransactionalProducer();
        producer.BeginTransaction();
        foreach (var value in values)
            producer.Produce(new Confluent.Kafka.TopicPartition($"{Prefix}transactions", 0), Message(value));
        if (commit)
            producer.CommitTransaction();
        else
        {
            producer.Flush(TimeSpan.FromSeconds(20));
            producer.AbortTransaction();
        }
    }

    IProducer<byte[], byte[]> TransactionalProducer()
    {
        var producer = new ProducerBuilder<byte[], byte[]>(Settings(Servers).Properties.SetItem("transactional.id", $"{Prefix}{Guid.NewGuid():N}")).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(40));
        return producer;
    }

    static Message<byte[], byte[]> Message(string value) => new() { Key = [], Value = Encoding.ASCII.GetBytes(value) };

    IAdminClient NewAdmin() => new AdminClientBuilder(Settings(Servers).Properties).Build();
}
