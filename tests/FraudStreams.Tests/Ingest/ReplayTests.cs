using FraudStreams.Ingest;
using FraudStreams.Ingest.Generation;
using FraudStreams.Model.Schema;
using FraudStreams.Speeds;
using FraudStreams.Tests.Topics;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Ingest;

public sealed class ReplayTests : IDisposable
{
    static readonly TransactionSchema Cards = SchemaFile.Read("cards");

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly PaymentGenerator _generator = new(new GeneratorSettings { Seed = 3, PaymentsPerDay = 1_000 });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stopped_after_any_batch_it_goes_on_with_no_payment_twice_and_none_missing()
    {
        var path = Path.Combine(_folder, "payments.csv");
        GeneratedCsv.Write(path, _generator, 35);
        await using var log = LogOf.Open(LogOf.Settings(_folder));

        // Batches of five, and a start anew after each: some end with the batch made and not published.
        for (var start = 0; start < 16; start++)
        {
            using var valve = new SpeedValve(Speed.Of(50), _time);
            var feed = new CsvFeed(path, Cards);
            feed.GoTo(await log.PositionAsync(Groups.Simulate, feed.Place), CancellationToken.None);
            await using var replay = new Replay(feed, Topic.Transactions, Groups.Simulate, pace: null, valve, _time);
            if (await replay.NextAsync() is not { } batch)
                continue;
            if (start % 2 == 0)
                batch.Dispose();
            else
                await log.PublishAsync(batch);
        }

        var whole = new CsvFeed(path, Cards);
        LogOf.Values(log, Topic.Transactions).Count.ShouldBe(35);
        LogOf.Values(log, Topic.Transactions).ShouldBe(Values(await Batch(whole, Speed.Unlimited)));
    }

    [Fact]
    public async Task A_batch_holds_what_the_valve_lets_through_in_a_tenth_of_a_second_and_500_at_most()
    {
        (await Batch(new GeneratorFeed(_generator), Speed.Of(200))).Count.ShouldBe(20);
        (await Batch(new GeneratorFeed(_generator), Speed.Of(1))).Count.ShouldBe(1);
        (await Batch(new GeneratorFeed(_generator), Speed.Unlimited)).Count.ShouldBe(500);
    }

    [Fact]
    public async Task In_event_time_pace_a_batch_ends_where_the_next_payment_is_not_due_and_that_one_is_not_lost()
    {
        using var valve = new SpeedValve(Speed.Unlimited, _time);
        await using var replay = new Replay(new GeneratorFeed(_generator), Topic.Transactions, Groups.Simulate, new EventPace(60, _time), valve, _time);
        var sent = new List<(TimeSpan At, string Payment)>();

        for (var batches = 0; sent.Count < 30; batches++)
        {
            var next = replay.NextAsync();
            await _time.RunAsync(next);
            sent.AddRange(Values((await next)!).Select(payment => (_time.Elapsed, payment)));
        }

        var all = Values(await Batch(new GeneratorFeed(_generator), Speed.Unlimited));
        sent.Select(payment => payment.Payment).ShouldBe(all.Take(sent.Count));
        var start = _generator.At(0).UnixSeconds;
        for (var number = 0; number < sent.Count; number++)
            sent[number].At.TotalSeconds.ShouldBe((_generator.At(number).UnixSeconds - start) / 60.0, 0.01);
    }

    async Task<OutgoingRecords> Batch(IPaymentFeed feed, Speed speed)
    {
        using var valve = new SpeedValve(speed, _time);
        await using var replay = new Replay(feed, Topic.Transactions, Groups.Simulate, pace: null, valve, _time);
        return (await replay.NextAsync())!;
    }

    static List<string> Values(OutgoingRecords batch) =>
        [.. Enumerable.Range(0, batch.Count).Select(record => System.Text.Encoding.UTF8.GetString(batch.Value(record)))];
}
