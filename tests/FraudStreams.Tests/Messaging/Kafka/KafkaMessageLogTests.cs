using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using Confluent.Kafka;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using TopicPartition = FraudStreams.Messaging.TopicPartition;

namespace FraudStreams.Tests.Messaging.Kafka;

[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class KafkaMessageLogTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>
{
    static readonly TopicPartition File = new("file:payments.csv:1", 0);

    [KafkaFact]
    public async Task Every_partition_is_assigned_once_and_later_records_follow()
    {
        await using var topics = Open(partitions: 3);
        await topics.PublishAsync(Payments(1, 30), default);

        var consumer = Consume(topics, "score");
        await Until(() => consumer.Records.Count == 30);
        await topics.PublishAsync(Payments(31, 60), default);

        await Until(() => consumer.Records.Count == 60);
        consumer.Records.Select(record => record.Partition.Partition).Distinct().Count().ShouldBe(3);
        foreach (var partition in consumer.Records.GroupBy(record => record.Partition.Partition))
            partition.Select(record => int.Parse(LogOf.Text(record))).ShouldBeInOrder();
        await consumer.StopAsync();
    }

    [KafkaFact]
    public async Task A_group_resumes_at_its_committed_offset_and_another_reads_everything()
    {
        await using var topics = Open();
        await topics.PublishAsync(Payments(1, 100), default);
        var first = Consume(topics, "score");
        await Until(() => first.Records.Count == 100);
        await first.StopAsync();
        (await topics.StatusAsync(default)).Of("score", "transactions").ShouldBe(new GroupLag("score", "transactions", 100, 0));
        (await topics.StatusAsync(default)).Of("store", "predictions").Lag.ShouldBe(0);
        await topics.PublishAsync(Payments(101, 105), default);

        var second = Consume(topics, "score");
        var store = Consume(topics, "other");

        await Until(() => second.Records.Count == 5 && store.Records.Count == 105);
        second.Records.Select(LogOf.Text).ShouldBe(["101", "102", "103", "104", "105"]);
        await second.StopAsync();
        await store.StopAsync();
    }

    [KafkaFact]
    public async Task Uncommitted_records_are_read_again()
    {
        await using var topics = Open();
        await topics.PublishAsync(Payments(1, 10), default);
        var seen = new ConcurrentQueue<string>();
        var (stop, done) = Run(topics.Consume("transactions", "score").MergeMany(4, partition => partition.Records()).Select(record =>
        {
            seen.Enqueue(LogOf.Text(record));
            return Done.Instance;
        }));
        await Until(() => seen.Count == 10);
        stop.Shutdown();
        await done;

        var again = Consume(topics, "score");

        await Until(() => again.Records.Count == 10);
        await again.StopAsync();
    }

    [KafkaFact]
    public async Task Two_hosts_share_the_partitions_and_one_takes_over_from_the_other()
    {
        await using var topics = Open(partitions: 4);
        await using var others = Open(partitions: 4);
        var first = Consume(topics, "score");
        await topics.PublishAsync(Payments(1, 40), default);
        await Until(() => first.Records.Count == 40);

        var second = Consume(others, "score");
        var sent = 40;
        while (second.Records.IsEmpty)
        {
            await topics.PublishAsync(Payments(sent + 1, sent + 40), default);
            sent += 40;
            await Task.Delay(50);
            sent.ShouldBeLessThan(40 * 2_400);
        }

        await first.StopAsync();
        await topics.PublishAsync(Payments(sent + 1, sent + 40), default);
        sent += 40;

        await Until(() => Numbers(first).Union(Numbers(second)).Count() == sent);
        await Until(() => topics.StatusAsync(default).GetAwaiter().GetResult().Of("score", "transactions").Lag == 0);
        second.Records.Where(record => int.Parse(LogOf.Text(record)) > sent - 40).Select(record => record.Partition.Partition).Distinct().Count().ShouldBe(4);
        await second.StopAsync();
    }

    [KafkaFact]
    public async Task A_stalled_partition_holds_up_no_other_and_loses_nothing()
    {
        const int records = 20_000;
        await using var topics = Open(partitions: 2);
        for (var from = 1; from <= records; from += 1000)
            await topics.PublishAsync(Payments(from, from + 999), default);
        var gate = new TaskCompletionSource();
        var seen = new ConcurrentDictionary<int, int>();
        var (stop, done) = Run(topics.Consume("transactions", "score").MergeMany(2, partition => partition.Records().SelectAsync(1, async record =>
        {
            if (partition.Partition.Partition == 0)
                await gate.Task;
            seen.AddOrUpdate(partition.Partition.Partition, 1, (_, count) => count + 1);
            return Done.Instance;
        })));

        await Until(() => seen.GetValueOrDefault(1) > records / 3);
        seen.GetValueOrDefault(0).ShouldBe(0);
        gate.SetResult();

        await Until(() => seen.Values.Sum() == records);
        stop.Shutdown();
        await done;
    }

    [KafkaFact]
    public async Task A_producer_resumes_after_its_last_complete_batch_without_duplicates()
    {
        await using (var topics = Open(partitions: 3))
        {
            (await topics.PositionAsync(ConsumerGroups.Simulate, File, default)).ShouldBe(0);
            await topics.PublishAsync(Payments(1, 20).With(ConsumerGroups.Simulate, File, 20), default);
            await topics.PublishAsync(Payments(21, 40).With(ConsumerGroups.Simulate, File, 40), default);
        }

        await using var restarted = Open(partitions: 3);
        var position = await restarted.PositionAsync(ConsumerGroups.Simulate, File, default);
        position.ShouldBe(20);
        await restarted.PublishAsync(Payments(21, 50).With(ConsumerGroups.Simulate, File, 50), default);
        await restarted.PublishAsync(Payments(51, 60).With(ConsumerGroups.Simulate, File, 60), default);

        var consumer = Consume(restarted, "score");
        await Until(() => consumer.Records.Count >= 60);
        Numbers(consumer).Order().ShouldBe(Enumerable.Range(1, 60));
        (await restarted.PositionAsync(ConsumerGroups.Simulate, new TopicPartition("file:other.csv:1", 0), default)).ShouldBe(0);
        await consumer.StopAsync();
    }

    [KafkaFact]
    public async Task A_journal_producer_resumes_within_an_unfinished_batch_without_duplicates()
    {
        var journal = new TopicPartition("alert-journal", 0);
        await using var topics = Open();
        await topics.PublishAsync(Numbered("alerts", 1, 3).With(ConsumerGroups.DeliveryLog, journal, 10), default);

        // The first two of four records that cover the source offsets 10 to 17, as a process that died between them leaves them.
        var stamp = new CheckpointStamp(System.Text.Encoding.UTF8.GetBytes($"{ConsumerGroups.DeliveryLog} {journal}"), 10, 17, 4, CheckpointFound.Nothing);
        using (var producer = new ProducerBuilder<byte[], byte[]>(Settings(Servers).Properties).Build())
        {
            foreach (var (index, number) in Enumerable.Range(4, 2).Index())
            {
                var value = System.Text.Encoding.ASCII.GetBytes($"{number}");
                await producer.ProduceAsync($"{Prefix}alerts", new Message<byte[], byte[]> { Key = [], Value = value, Headers = stamp.HeadersOf(index) });
            }
        }

        await using var restarted = Open();
        (await restarted.PositionAsync(ConsumerGroups.DeliveryLog, journal, default)).ShouldBe(10);
        await restarted.PublishAsync(Numbered("alerts", 4, 9).With(ConsumerGroups.DeliveryLog, journal, 21), default);
        await restarted.PublishAsync(Numbered("alerts", 10, 11).With(ConsumerGroups.DeliveryLog, journal, 25), default);

        var consumer = Consume(restarted, "reader", "alerts");
        await Until(() => consumer.Records.Count >= 11);
        Numbers(consumer).ShouldBe(Enumerable.Range(1, 11));
        await using var last = Open();
        (await last.PositionAsync(ConsumerGroups.DeliveryLog, journal, default)).ShouldBe(25);
        await consumer.StopAsync();
    }

    [KafkaFact]
    public async Task Records_carry_the_brokers_time_so_a_wrong_host_clock_is_not_refused()
    {
        await using var topics = Open();
        await topics.PublishAsync(Payments(1, 1), default);

        using var reader = new ConsumerBuilder<byte[], byte[]>(Settings(Servers).Properties.SetItem("group.id", "reader")).Build();
        reader.Assign(new TopicPartitionOffset($"{Prefix}transactions", 0, Offset.Beginning));
        reader.Consume(TimeSpan.FromSeconds(80)).ShouldNotBeNull().Message.Timestamp.Type.ShouldBe(TimestampType.LogAppendTime);
    }

    [KafkaFact]
    public async Task A_missing_broker_is_named()
    {
        var port = KafkaBroker.FreePort();

        var failure = Should.Throw<MessageLogException>(() => KafkaMessageLog.Open(Settings($"127.0.0.1:{port}", "timeout = 1s"), Layout(1), Log));

        failure.Message.ShouldContain($"No Kafka broker at 127.0.0.1:{port} answers within 1 s");
        await Task.CompletedTask;
    }

    [KafkaFact]
    public async Task A_topic_with_another_partition_count_is_refused()
    {
        await using (Open(partitions: 2))
        {
        }

        var failure = Should.Throw<MessageLogException>(() => Open(partitions: 3));

        failure.Message.ShouldContain("has 2 partitions and 3 were expected (fraudstreams.topics.partitions");
    }

    [OwnKafkaFact]
    public async Task A_wrong_password_fails_with_a_reason_that_shows_no_password()
    {
        var sasl = new KafkaBroker(port =>
        [
            $"listeners=SASL_PLAINTEXT://127.0.0.1:{port}", $"advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port}",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT", "inter.broker.listener.name=SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN", "sasl.mechanism.inter.broker.protocol=PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"admin\" password=\"admin-secret\" user_admin=\"admin-secret\" user_app=\"app-secret\";",
        ]);
        await sasl.InitializeAsync();
        try
        {
            KafkaSettings With(string password, int seconds) => Settings(
                sasl.Servers, $"timeout = {seconds}s, client {{ security.protocol = SASL_PLAINTEXT, sasl.mechanism = PLAIN, sasl.username = app }}") with
            { Password = new SecretValue(password) };

            // The first answers of a broker that has just started take their time.
            await using var topics = KafkaMessageLog.Open(With("app-secret", seconds: 40), Layout(1), Log);
            await topics.PublishAsync(Payments(1, 5), default);
            var failure = Should.Throw<MessageLogException>(() => KafkaMessageLog.Open(With("wrong-secret", seconds: 4), Layout(1), Log));

            failure.Message.ShouldContain(sasl.Servers);
            failure.Message.ShouldContain("Authentication failed");
            failure.ToString().ShouldNotContain("wrong-secret");
            With("app-secret", seconds: 4).ToString().ShouldNotContain("app-secret");
            (await topics.StatusAsync(default)).Topics.Single(topic => topic.Topic == "transactions").Appended.ShouldBe(5);
        }
        finally
        {
            await sasl.DisposeAsync();
        }
    }
}
