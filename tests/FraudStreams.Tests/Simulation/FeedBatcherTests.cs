using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.RateLimiting;
using FraudStreams.Simulation;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Simulation;

[Trait("Category", "Unit")]
public sealed class FeedBatcherTests : IDisposable
{
    static readonly TransactionSchema Cards = SchemaFile.Read("cards");

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly PaymentGenerator _generator = new(new GeneratorSettings { Seed = 3, PaymentsPerDay = 1_000 });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_feed_stopped_after_any_batch_resumes_without_loss_or_duplicate()
    {
        var path = Path.Combine(_folder, "payments.csv");
        GeneratedCsv.Write(path, _generator, 35);
        await using var log = LogOf.Open(LogOf.Settings(_folder));

        // Batches of five, with a restart after each: in some cases the batch is made and not published.
        for (var start = 0; start < 16; start++)
        {
            using var limiter = new RateLimiter(Rate.Of(50), _time);
            var feed = new CsvFeed(path, Cards);
            feed.GoTo(await log.PositionAsync(ConsumerGroups.Simulate, feed.OffsetKey), CancellationToken.None);
            await using var batcher = new FeedBatcher(feed, TopicNames.Transactions, ConsumerGroups.Simulate, pace: null, limiter, _time);
            if (await batcher.NextAsync() is not { } batch)
                continue;
            if (start % 2 == 0)
                batch.Dispose();
            else
                await log.PublishAsync(batch);
        }

        var whole = new CsvFeed(path, Cards);
        LogOf.Values(log, TopicNames.Transactions).Count.ShouldBe(35);
        LogOf.Values(log, TopicNames.Transactions).ShouldBe(Values(await Batch(whole, Rate.Unlimited)));
    }

    [Fact]
    public async Task A_batch_holds_a_tenth_of_a_second_at_the_rate_and_500_at_most()
    {
        (await Batch(new GeneratorFeed(_generator), Rate.Of(200))).Count.ShouldBe(20);
        (await Batch(new GeneratorFeed(_generator), Rate.Of(1))).Count.ShouldBe(1);
        (await Batch(new GeneratorFeed(_generator), Rate.Unlimited)).Count.ShouldBe(500);
    }

    [Fact]
    public async Task In_event_time_pace_a_batch_ends_before_the_next_payment_not_due()
    {
        using var limiter = new RateLimiter(Rate.Unlimited, _time);
        await using var batcher = new FeedBatcher(new GeneratorFeed(_generator), TopicNames.Transactions, ConsumerGroups.Simulate, new EventPace(60, _time), limiter, _time);
        var sent = new List<(TimeSpan At, string Payment)>();

        for (var batches = 0; sent.Count < 30; batches++)
        {
            var next = batcher.NextAsync();
            await _time.RunAsync(next);
            sent.AddRange(Values((await next)!).Select(payment => (_time.Elapsed, payment)));
        }

        var all = Values(await Batch(new GeneratorFeed(_generator), Rate.Unlimited));
        sent.Select(payment => payment.Payment).ShouldBe(all.Take(sent.Count));
        var start = _generator.At(0).UnixSeconds;
        for (var number = 0; number < sent.Count; number++)
            sent[number].At.TotalSeconds.ShouldBe((_generator.At(number).UnixSeconds - start) / 60.0, 0.01);
    }

    async Task<RecordBatch> Batch(IPaymentFeed feed, Rate speed)
    {
        using var limiter = new RateLimiter(speed, _time);
        await using var batcher = new FeedBatcher(feed, TopicNames.Transactions, ConsumerGroups.Simulate, pace: null, limiter, _time);
        return (await batcher.NextAsync())!;
    }

    static List<string> Values(RecordBatch batch) =>
        [.. Enumerable.Range(0, batch.Count).Select(record => System.Text.Encoding.UTF8.GetString(batch.Value(record)))];
}
