using System.Diagnostics.Metrics;
using System.Text;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Scoring;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

/// <summary>Batches go through the champion's publish to a challenger, which does what a challenger should, and what it must not.</summary>
[Trait("Category", "Unit")]
public sealed class ChallengerActorTests : ActorTest
{
    const int Rows = 20;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    static readonly ScoringSettings Settings = new(InFlight: 2, AskTimeout: Limit, FailuresBeforeFallback: 3, Reasons: true);
    static readonly ScoringSettings Impatient = Settings with { AskTimeout = TimeSpan.FromMilliseconds(200) };

    readonly TemporaryFolder _folder = new();
    readonly StreamMetrics _metrics = new();
    readonly Counters _counted;
    readonly ShadowQueue _queue;
    readonly EmbeddedMessageLog _topics;
    readonly ProbationWatch _watch = new(new ProbationSettings(TimeSpan.FromHours(1), 0.05, TimeSpan.FromSeconds(1), 5));
    readonly TransactionBatchPool _pool = new(() => new TransactionRows(TrainedModel.Schema));
    readonly TransactionReader _reader = new(TrainedModel.Schema);
    readonly IActorRef _challenger;
    int _batches;

    public ChallengerActorTests()
    {
        _counted = new Counters(_metrics);
        _queue = new ShadowQueue(_metrics);
        _topics = EmbeddedMessageLog.Open(LogOf.Settings(_folder, 1, "transactions", "predictions", "rejected", "shadow"), TimeProvider.System, _ => { });
        _challenger = Sys.ActorOf(ChallengerActor.Props(_queue, _topics, Settings, _metrics, _watch, TimeProvider.System));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _topics.DisposeAsync().AsTask().Wait(Limit);
        _counted.Dispose();
        _metrics.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_same_rows_are_scored_after_the_champions_publish_and_the_batch_is_returned()
    {
        var model = new ScoringModel(TrainedModel.Loaded.Card with { Version = "v2", Threshold = new ModelThreshold(0.2, "a test's") }, TrainedModel.Loaded.Scorer);
        Use(model);

        var batch = await PublishAsync(championScore: 0.9);

        var shadow = await ShadowAsync(Rows);
        var alone = new double[Rows];
        model.Score(Payments.Rows(Rows), alone);
        shadow.Select(score => score.Score).ShouldBe(alone);
        shadow.ShouldAllBe(score => score.ModelVersion == "v2" && score.Threshold == 0.2 && score.ChampionVersion == "v1" && score.ChampionScore == 0.9 && score.ChampionFraud);
        shadow.Select(score => score.Id).ShouldBe(IdsOfPredictions());
        shadow.Select(score => score.Fraud).ShouldBe(alone.Select(score => score >= 0.2));
        shadow.Where(score => score.Disagrees).ShouldNotBeEmpty();
        shadow.ShouldAllBe(score => score.Reasons == null || score.Disagrees);
        shadow.Where(score => score.Disagrees).ShouldContain(score => score.Reasons != null && score.Reasons.Contains("\"code\""));
        (_counted["scored"], _counted["dropped"], _counted["disagreements"]).ShouldBe((Rows, 0, shadow.Count(score => score.Disagrees)));
        await Eventually.TrueAsync(() => _queue.IsIdle);
        _pool.Rent().ShouldBeSameAs(batch);
    }

    [Fact]
    public async Task Without_a_challenger_a_batch_goes_back_at_once_and_nothing_is_written()
    {
        var batch = await PublishAsync(0.9);

        _pool.Rent().ShouldBeSameAs(batch);
        _queue.Taken.ShouldBe(0);
        (_counted["scored"], _counted["dropped"]).ShouldBe((0, 0));
        EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("throws", "the scorer is broken")]
    [InlineData("hangs", "has not scored a batch of 20 payments within 0.2 s")]
    [InlineData("allocates", "MiB are allowed")]
    [InlineData("NaN", "the score NaN")]
    [InlineData("above 1", "the score 1.5")]
    public async Task A_challenger_that_fails_is_stood_down_and_every_prediction_is_published(string fails, string why)
    {
        using var hang = new ManualResetEventSlim();
        Use(new FailingScorer(fails, hang).As("v2"), fails == "hangs" ? Impatient : Settings);
        var givenUp = ExpectMsgAsync<ChallengerGivenUp>(Limit).AsTask();

        while (!givenUp.IsCompleted)
            await PublishAsync(0.1).WaitAsync(Limit);

        var report = await givenUp;
        report.Version.ShouldBe("v2");
        report.Why.ShouldContain("3 times in a row");
        report.Why.ShouldContain(why);
        EmbeddedLog.ReadRecords(_folder, TopicNames.Predictions).Count().ShouldBe(_batches * Rows);
        (await _topics.PositionAsync(ConsumerGroups.Score, Payments.Partition, default)).ShouldBe(_batches * Rows);
        EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).ShouldBeEmpty();
        _metrics.ChallengerVersion.ShouldBeNull();
        await Eventually.TrueAsync(() => _queue.IsIdle);
        var taken = _queue.Taken;
        await PublishAsync(0.1);
        _queue.Taken.ShouldBe(taken);
        hang.Set();
    }

    [Fact]
    public async Task A_hanging_challenger_is_left_behind_by_the_next_one()
    {
        using var hang = new ManualResetEventSlim();
        Use(new FailingScorer("hangs", hang).As("v2"));
        await PublishAsync(0.1);

        Use(new ScoringModel(TrainedModel.Loaded.Card with { Version = "v3" }, TrainedModel.Loaded.Scorer));
        await PublishAsync(0.1);

        (await ShadowAsync(Rows)).ShouldAllBe(score => score.ModelVersion == "v3");
        hang.Set();
    }

    [Fact]
    public async Task A_challenger_that_is_behind_drops_payments_and_counts_them()
    {
        using var hang = new ManualResetEventSlim();
        Use(new FailingScorer("waits", hang).As("v2"));

        for (var batch = 0; batch < 10; batch++)
            await PublishAsync(0.1).WaitAsync(Limit);
        hang.Set();

        await ShadowAsync(4 * Rows);
        _counted["dropped"].ShouldBe(6 * Rows);
        await Eventually.TrueAsync(() => _queue.IsIdle);
        EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).Count().ShouldBe(4 * Rows);
    }

    [Fact]
    public async Task The_champions_own_batches_are_not_compared_with_itself()
    {
        Use(new ScoringModel(TrainedModel.Loaded.Card with { Version = "v1" }, TrainedModel.Loaded.Scorer));

        await PublishAsync(0.1);

        await _challenger.Ask<ShadowFinished>(new FinishShadow(), Limit);
        (_counted["scored"], _counted["dropped"]).ShouldBe((0, 0));
        EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stop_waits_for_the_batch_that_is_scored()
    {
        using var hang = new ManualResetEventSlim();
        var challenger = Use(new FailingScorer("waits", hang).As("v2"));
        await PublishAsync(0.1);

        var finished = challenger.Ask<ShadowFinished>(new FinishShadow(), Limit);
        hang.Set();
        await finished;

        EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).Count().ShouldBe(Rows);
    }

    /// <summary>With other settings a new actor takes the place of this test's.</summary>
    IActorRef Use(ScoringModel model, ScoringSettings? settings = null)
    {
        var challenger = settings is null ? _challenger : Sys.ActorOf(ChallengerActor.Props(_queue, _topics, settings, _metrics, _watch, TimeProvider.System));
        challenger.Tell(new UseChallenger(model), TestActor);
        AwaitCondition(() => _metrics.ChallengerVersion == model.Version, Limit);
        return challenger;
    }

    async Task<TransactionBatch> PublishAsync(double championScore)
    {
        var batch = _pool.Rent().Read(Payments.Records(_batches++ * Rows, Payments.Json(Rows)), _reader, ConsumerGroups.Score);
        new WindowState(TrainedModel.Schema).Advance(batch.Rows);
        batch.Scored = new BatchScored([.. Enumerable.Repeat(championScore, Rows)], "v1", Threshold: 0.5);
        await Source.Single(batch).Via(PublishPredictions.Flow(_topics, _metrics, TimeProvider.System, _queue)).RunWith(Sink.Ignore<Done>(), Sys.Materializer());
        return batch;
    }

    async Task<List<ShadowScore>> ShadowAsync(int count)
    {
        await Eventually.TrueAsync(() => EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).Count() >= count && _counted["scored"] >= count, everyMilliseconds: 20);
        return [.. EmbeddedLog.ReadRecords(_folder, TopicNames.Shadow).Select(record =>
        {
            record.Key.ToArray().ShouldBe(Encoding.UTF8.GetBytes("4000"));
            return ShadowReader.TryRead(record.Value, out var score, out var reason) ? score : throw new InvalidOperationException(reason.Message);
        })];
    }

    IEnumerable<string> IdsOfPredictions()
    {
        using var rows = new PredictionRows(TrainedModel.Schema);
        foreach (var record in EmbeddedLog.ReadRecords(_folder, TopicNames.Predictions))
            new PredictionReader(TrainedModel.Schema).Read(record.Value.Span, rows).ShouldBeNull();
        return [.. Enumerable.Range(0, rows.Count).Select(row => Encoding.UTF8.GetString(rows.Transactions.Id(row)))];
    }

    sealed class FailingScorer(string how, ManualResetEventSlim hang) : IScorer
    {
        public int FeatureCount { get; } = TrainedModel.Loaded.Features.Count;

        public void Score(ReadOnlySpan<double> features, Span<double> scores)
        {
            switch (how)
            {
                case "throws":
                    throw new InvalidOperationException("the scorer is broken");
                case "hangs":
                    hang.Wait();
                    break;
                case "waits":
                    hang.Wait();
                    scores.Fill(0.25);
                    break;
                case "allocates":
                    for (var i = 0; i < 300; i++)
                        GC.KeepAlive(GC.AllocateUninitializedArray<byte>(1 << 20));
                    break;
                case "NaN":
                    scores[^1] = double.NaN;
                    break;
                default:
                    scores[0] = 1.5;
                    break;
            }
        }

        public ScoringModel As(string version) => new(TrainedModel.Loaded.Card with { Version = version }, this);
    }

    /// <summary>The counters `fraudstreams.shadow.*` of one stream.</summary>
    sealed class Counters : IDisposable
    {
        readonly MeterListener _listener = new();
        readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> _counts = [];

        public Counters(StreamMetrics metrics)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, metrics) && instrument.Name.StartsWith("fraudstreams.shadow.", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _counts.AddOrUpdate(instrument.Name["fraudstreams.shadow.".Length..], value, (_, sum) => sum + value));
            _listener.Start();
        }

        public long this[string name] => _counts.GetValueOrDefault(name);

        public void Dispose() => _listener.Dispose();
    }
}
