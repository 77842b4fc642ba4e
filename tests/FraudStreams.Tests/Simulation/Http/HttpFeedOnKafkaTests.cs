using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.RateLimiting;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Http;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using static FraudStreams.Tests.Simulation.Http.TestPaymentsApi;

namespace FraudStreams.Tests.Simulation.Http;

[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class HttpFeedOnKafkaTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>
{
    /// <summary>Each start after the first finds a last batch that is published whole, and payments that the API did not have before.</summary>
    [KafkaFact]
    public async Task Each_payment_of_an_api_is_published_once_over_restarts()
    {
        const int starts = 3, batchesAStart = 2, inAnAnswer = 10;
        var answered = 0;
        await using var api = new TestPaymentsApi(_ => new Answer($"[{string.Join(',', Enumerable.Range(answered - inAnAnswer, 2 * inAnAnswer).Where(number => number >= 0).Select(Payment))}]"));
        var settings = SettingsOf.Set(
            "topics.kind=kafka", $"topics.kafka.bootstrap-servers={Servers}", $"topics.kafka.prefix={Prefix}", "topics.partitions=2", "simulate.kind=http", $"simulate.http.url={api.Url}",
            "simulate.http.interval=10ms");
        using var limiter = new RateLimiter(Rate.Of(inAnAnswer * 10), TimeProvider.System);

        for (var start = 0; start < starts; start++)
        {
            await using var log = StreamTopics.Open(settings, Log, TimeProvider.System);
            var feed = new HttpFeed(
                settings.Simulate.Http!, Predictions.Schema, log, settings.Restart, new ErrorThrottle(Log, ConsumerGroups.Simulate, TimeProvider.System),
                new PipelineHealth(TimeSpan.FromHours(1), TimeProvider.System), TimeProvider.System);
            feed.GoTo(await log.PositionAsync(ConsumerGroups.Simulate, feed.OffsetKey, default), default);
            feed.Position.ShouldBe(answered);
            await using var batcher = new FeedBatcher(feed, TopicNames.Transactions, ConsumerGroups.Simulate, pace: null, limiter, TimeProvider.System);
            for (var batch = 0; batch < batchesAStart; batch++)
            {
                (await log.PublishAsync((await batcher.NextAsync())!, default)).ShouldBe(inAnAnswer);
                answered += inAnAnswer;
            }
        }

        await using var read = StreamTopics.Open(settings, Log, TimeProvider.System);
        var records = new List<string>();
        for (var number = 0; number < settings.Topics.Partitions; number++)
        {
            await foreach (var chunk in read.ReadAsync(new TopicPartition(TopicNames.Transactions, number), 0, long.MaxValue, default))
                records.AddRange(chunk.Select(LogOf.Text));
        }

        records.ShouldBe(Enumerable.Range(0, answered).Select(Payment), ignoreOrder: true);
    }

    static string Payment(int number) => $$"""{"id":"n{{number}}","at":{{1_700_000_000_000 + number}},"card":"{{number % 7}}","amount":12.5}""";
}
