using System.Text;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.ModelOps.Registry;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

/// <summary>
/// Every payment has the same amount, so that nothing is to be learnt from it; the feature that it was scored with tells frauds: what a retraining learns says
/// which of the two it took.
/// </summary>
[Trait("Category", "Integration")]
public sealed class RetrainerTests : IAsyncLifetime, IDisposable
{
    const int Days = 30, ADay = 20;
    const long Day = 86_400_000, From = 1_577_836_800_000;

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly RegistryHost _host;
    readonly EmbeddedMessageLog _topics;
    Action<string> _says = _ => { };

    public RetrainerTests()
    {
        _host = RegistryHost.Open(_folder, "host", _time);
        _topics = EmbeddedMessageLog.Open(LogOf.Settings(Path.Combine(_folder, "log"), 2, TopicNames.Predictions), TimeProvider.System, _ => { });
    }

    public async Task InitializeAsync()
    {
        var payments = Enumerable.Range(0, 400).Select(number => new SimulatedPayment(
            DateTimeOffset.FromUnixTimeMilliseconds(From - Day + number), number % 10 == 0, Encoding.UTF8.GetBytes(Payment(number, From - Day + number, null))));
        var (first, why) = new Trainer(SettingsOf.Set("model.trees=2").Model, _host.Local, WorkProgress.Logged(_ => { }), _time).Train(new SimulatedHistory(Predictions.Schema, [.. payments]), default);
        var card = first.ShouldNotBeNull(why).Card;
        await _host.Registry.RegisterAsync(card, "anna", "the first", default);
        await _host.Registry.PromoteAsync(card.Version, "anna", "the first", 0, default);
        _time.Advance(TimeSpan.FromMinutes(1));
    }

    public async Task DisposeAsync()
    {
        await _topics.DisposeAsync();
        await _host.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Features_as_scored_are_those_of_the_predictions()
    {
        await FillAsync(carries: true);

        var (model, why) = await RetrainAsync("models.retrain.features=as-scored");

        model.ShouldNotBeNull(why).Card.Metrics["average_precision"].ShouldBe(1);
        model.Card.Training.Settings["history"].ShouldBe("the topic of predictions");
        _host.Registry.State.Challenger.ShouldBe(model.Version);
    }

    [Fact]
    public async Task Recomputed_features_are_those_of_the_stored_payments()
    {
        await FillAsync(carries: true);

        var (model, why) = await RetrainAsync();

        model.ShouldNotBeNull(why).Card.Metrics["average_precision"].ShouldBeLessThan(0.2);
        _host.Registry.State.Challenger.ShouldBe(model.Version);
    }

    /// <summary>Ten days back from the label delay of seven: the days 13 to 22 of 30, counted from the last payment.</summary>
    [Theory]
    [InlineData("recomputed")]
    [InlineData("as-scored")]
    public async Task Only_mature_payments_of_the_history_are_learnt_from(string features)
    {
        await FillAsync(carries: true);

        var (model, why) = await RetrainAsync($"models.retrain.features={features}", "models.retrain.history=10d", "models.gate.label-delay=7d");

        var (training, last) = (model.ShouldNotBeNull(why).Card.Training, At((Days * ADay) - 1));
        training.To.ToUnixTimeMilliseconds().ShouldBe(last - (7 * Day));
        training.From.ToUnixTimeMilliseconds().ShouldBe(last - (17 * Day));
        training.Rows.ShouldBe((10 * ADay) + 1);
    }

    [Fact]
    public async Task A_payment_that_is_dated_ahead_moves_no_label_delay()
    {
        await FillAsync(carries: true);
        await using (var store = Predictions.Open(_folder))
            await store.WriteAsync(Predictions.Records(Payment(Days * ADay, 4_000_000_000_000, _host.Registry.State.Champion)));

        var (model, why) = await RetrainAsync("models.retrain.history=10d", "models.gate.label-delay=7d");

        model.ShouldNotBeNull(why).Card.Training.To.ToUnixTimeMilliseconds().ShouldBe(At((Days * ADay) - 1) - (7 * Day));
    }

    [Fact]
    public async Task A_confirmed_label_precedes_the_sources_own()
    {
        await FillAsync(carries: true);
        await using (var store = Predictions.Open(_folder))
            await store.WriteAsync([.. Enumerable.Range(0, Days * ADay).Where(IsFraud).Select(number => new Label($"n{number}", number % 20 == 0, CandidateQueriesTests.ScoredAt, "anna"))]);

        var (model, why) = await RetrainAsync("models.retrain.features=as-scored");

        model.ShouldNotBeNull(why).Card.Training.Frauds.ShouldBe(Days * ADay / 20);
    }

    [Fact]
    public async Task Predictions_without_features_are_refused_with_the_cure()
    {
        await FillAsync(carries: false);

        var (model, why) = await RetrainAsync("models.retrain.features=as-scored");

        model.ShouldBeNull();
        why.ShouldEndWith("models.retrain.features = as-scored wants scoring.carry-features = on");
        _host.Registry.State.Challenger.ShouldBeNull();
    }

    /// <summary>Reading, computing and fitting say what they do on the thread that does it.</summary>
    [Theory]
    [InlineData("recomputed")]
    [InlineData("as-scored")]
    public async Task All_of_it_is_done_at_low_priority(string features)
    {
        await FillAsync(carries: true);
        var (said, before) = (new List<(string Line, bool IsLow)>(), LowPriority.IsThis);
        _says = line => said.Add((line, LowPriority.IsThis));

        await RetrainAsync($"models.retrain.features={features}");

        before.ShouldBeFalse();
        said.ShouldNotBeEmpty();
        said.ShouldAllBe(line => line.IsLow);
        if (features == "as-scored")
            said.ShouldContain(line => line.Line == "predictions are read");
    }

    async Task<(ScoringModel? Model, string? Why)> RetrainAsync(params string[] set)
    {
        var settings = SettingsOf.Set(["model.trees=10", "models.gate.label-delay=0s", .. set]);
        await using var store = Predictions.Open(_folder);
        var logged = new LoggedHistory(new WatchedLog(_topics, () => _says("predictions are read")), 2, _host.Local);
        return await new Retrainer(store, _host.Registry, _host.Local, logged, settings.Model, _time, line => _says(line)).TrainAsync("anna", "a test's", settings.Candidates, default);
    }

    /// <summary>The same predictions in the topic and in the store.</summary>
    async Task FillAsync(bool carries)
    {
        var version = _host.Registry.State.Champion!;
        var predictions = Enumerable.Range(0, Days * ADay).Select(number => Payment(number, At(number), version, carries)).ToArray();
        using var records = new RecordBatch();
        foreach (var (number, prediction) in predictions.Index())
            records.Add(TopicNames.Predictions, Encoding.UTF8.GetBytes($"{number % 7}"), Encoding.UTF8.GetBytes(prediction));
        await _topics.PublishAsync(records, default);
        await using var store = Predictions.Open(_folder);
        await store.WriteAsync(Predictions.Records(predictions));
    }

    /// <summary>Says so before each read.</summary>
    sealed class WatchedLog(IReadableLog log, Action reads) : IReadableLog
    {
        public IPartitionReader OpenReader(TopicPartition partition, long from) => new Reader(log.OpenReader(partition, from), reads);

        sealed class Reader(IPartitionReader reader, Action reads) : IPartitionReader
        {
            public Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken)
            {
                reads();
                return reader.NextAsync(wait, cancellationToken);
            }

            public ValueTask DisposeAsync() => reader.DisposeAsync();
        }
    }

    static bool IsFraud(int number) => number % 10 == 0;

    static long At(int number) => From + (number * Day / ADay);

    static string Payment(int number, long at, string? version, bool carries = false)
    {
        var payment = $$"""{"id":"n{{number}}","at":{{at}},"card":"{{number % 7}}","amount":12.5,"fraud":{{(IsFraud(number) ? 1 : 0)}}""";
        var features = carries ? $",\"feature_values\":[{(IsFraud(number) ? 900 : 10)}]" : "";
        return version is null ? payment + "}" : $"{payment},\"score\":0.5,\"prediction\":0,\"model_version\":\"{version}\",\"scored_at\":\"2026-01-02T03:04:05.678Z\"{features}}}";
    }
}
