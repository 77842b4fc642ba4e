using System.Collections.Concurrent;
using System.Text;
using Akka;
using Akka.Streams.Dsl;
using Confluent.Kafka;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Pipelines;
using FraudStreams.Rekeying;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using TopicPartition = FraudStreams.Messaging.TopicPartition;

namespace FraudStreams.Tests.Rekeying;

[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class RekeyOnKafkaTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>
{
    const int Partitions = 4, AtOnce = 40, Most = 12_000;

    readonly TopicSettings _settings = SettingsOf.Set("topics.partitions=3").Topics.WithSource(Partitions);

    /// <summary>Whoever gives a partition back has payments of it that wait; it would wait for ten minutes if it waited for them to be committed.</summary>
    [KafkaFact]
    public async Task Hosts_that_come_and_go_hand_partitions_over_at_once_and_each_payment_is_there_once()
    {
        var payments = Scoring.Payments.Json(Most);
        using var metrics = new StreamMetrics();
        using var reader = new ReadSource(TrainedModel.Schema, _settings, TimeProvider.System);
        await using var log = Open();
        await using var other = Open();
        var sent = 0;
        await SendAsync();
        var first = RekeyGraph.Run(log, _settings, reader, metrics, Actors);
        await Until(() => first.Batches > 0);

        var second = RekeyGraph.Run(other, _settings, reader, metrics, Actors);
        while (second.Batches == 0)
        {
            await SendAsync();
            sent.ShouldBeLessThan(Most - (10 * AtOnce), "the second host gets no partition");

            // A machine that is slow to hand a partition over still has payments to send then.
            await Task.Delay(sent < Most / 2 ? 20 : 400);
        }

        first.Done.IsCompleted.ShouldBeFalse("giving partitions away is no failure");
        await first.StopAsync();
        await SendAsync();
        await Until(() => log.StatusAsync(default).GetAwaiter().GetResult().Of(ConsumerGroups.Rekey, TopicNames.Source).Lag == 0);
        second.Done.IsCompleted.ShouldBeFalse();
        await second.StopAsync();

        var ids = new List<string>();
        for (var number = 0; number < 3; number++)
        {
            await foreach (var records in log.ReadAsync(new TopicPartition(TopicNames.Transactions, number), 0, long.MaxValue, default))
                ids.AddRange(records.Select(record => ForeignTopic.IdOf(record.Value.ToArray())));
        }

        ids.ShouldBe(payments.Take(sent).Select(ForeignTopic.IdOf), ignoreOrder: true);

        async Task SendAsync()
        {
            var batch = new RecordBatch(AtOnce);
            foreach (var payment in payments.Skip(sent).Take(AtOnce))
                batch.Add(TopicNames.Source, Encoding.UTF8.GetBytes(ForeignTopic.IdOf(payment)), payment);
            sent += AtOnce;
            await log.PublishAsync(batch, default);
        }
    }

    [KafkaFact]
    public async Task A_schemas_id_in_a_header_comes_with_the_record_where_it_is_asked_for()
    {
        await using var log = KafkaMessageLog.Open(Settings(Servers) with { SchemaIdTopic = TopicNames.Source }, StreamTopics.Layout(_settings), Log);
        using (var producer = new ProducerBuilder<Null, byte[]>(Settings(Servers).Properties).Build())
        {
            foreach (var topic in (string[])[TopicNames.Source, TopicNames.Transactions])
                await producer.ProduceAsync($"{Prefix}{topic}", new Message<Null, byte[]> { Value = [7], Headers = [new Header("__value_schema_id", [0, 0, 0, 0, 3])] });
        }

        var read = new ConcurrentDictionary<string, byte[]?>();
        foreach (var topic in (string[])[TopicNames.Source, TopicNames.Transactions])
        {
            var (stop, done) = Run(log.Consume(topic, "reader").MergeMany(4, partition => partition.Chunks).Select(chunk =>
            {
                read[topic] = chunk[0].SchemaId;
                return Done.Instance;
            }));
            await Until(() => read.ContainsKey(topic));
            stop.Shutdown();
            await done;
        }

        read[TopicNames.Source].ShouldBe([0, 0, 0, 0, 3]);
        read[TopicNames.Transactions].ShouldBeNull();
    }

    KafkaMessageLog Open() => KafkaMessageLog.Open(Settings(Servers, "consumer { revoke-timeout = 10m, stop-timeout = 10m }"), StreamTopics.Layout(_settings), Log);
}
