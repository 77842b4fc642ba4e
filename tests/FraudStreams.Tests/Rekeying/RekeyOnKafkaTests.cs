using System.Text;
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
            await Task.Delay(20);
            sent.ShouldBeLessThan(Most - (10 * AtOnce), "the second host gets no partition");
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

    KafkaMessageLog Open() => KafkaMessageLog.Open(Settings(Servers, "consumer { revoke-timeout = 10m, stop-timeout = 10m }"), StreamTopics.Layout(_settings), Log);
}
