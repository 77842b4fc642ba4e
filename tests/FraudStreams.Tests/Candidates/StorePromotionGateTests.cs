using System.Security.Cryptography;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Json;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.ModelOps.Registry;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

/// <summary>What the gate says when a person promotes, and what becomes of it.</summary>
[Trait("Category", "Integration")]
public sealed class StorePromotionGateTests : IAsyncLifetime, IDisposable
{
    const int Payments = 2_000;

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly RegistryHost _host;

    public StorePromotionGateTests() => _host = RegistryHost.Open(_folder, "host", _time);

    public async Task InitializeAsync()
    {
        await _host.ServeAsync("v1");
        _host.Put("v2");
        await _host.Registry.RegisterAsync(_host.Card("v2"), "anna", "a test's", default);
        await _host.Registry.ChallengeAsync("v2", "anna", "a test's", default);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_challenger_that_passed_goes_into_service_with_the_gates_figures()
    {
        await FillAsync(isChallengerBetter: true);

        var promoted = await PromoteAsync();

        (promoted.Alias, promoted.Gate!.State, promoted.Gate.IsOverruled).ShouldBe(("champion", GateState.Passed, false));
        $"{promoted.Gate}".ShouldBe("The gate has passed it.");
        Entry.Gate!.AveragePrecision!.Value.ShouldBeGreaterThan(Entry.Gate.ChampionAveragePrecision!.Value);
        HistoryLine.Of(Entry).Overruled.ShouldBeNull();
    }

    [Fact]
    public async Task A_worse_one_goes_into_service_where_a_person_wants_it_and_the_history_says_against_what()
    {
        await FillAsync(isChallengerBetter: false);

        var promoted = await PromoteAsync();

        (promoted.Alias, promoted.Gate!.State, promoted.Gate.IsOverruled).ShouldBe(("champion", GateState.Refused, true));
        $"{promoted.Gate}".ShouldStartWith("This overrules the gate, which says \"refused\": average precision is ");
        (HistoryLine.Of(Entry).Overruled, Entry.Why).ShouldBe((GateState.Refused, "seen enough"));
        var report = Directory.GetFiles(Path.Combine(_folder, "gate"), "v2-*.json").ShouldHaveSingleItem();
        Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(report))).ShouldBe(Entry.Gate!.Report);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_named_and_holds_nobody_up()
    {
        var promoted = await PromoteAsync(() => throw new StoreException("the database is away"));

        (promoted.Alias, promoted.Gate!.State, promoted.Gate.IsOverruled).ShouldBe(("champion", null, false));
        $"{promoted.Gate}".ShouldBe("The gate has not judged it: the database is away.");
        Entry.Gate.ShouldBeNull();
    }

    [Fact]
    public async Task A_version_that_is_not_the_challenger_is_not_judged()
    {
        await _host.Registry.StandDownAsync("v2", "anna", "a test's", default);

        (await PromoteAsync()).Gate!.Reasons.ShouldBe(["it is not the challenger, so that no payments were scored by it and by v1"]);
    }

    [Theory]
    [InlineData(false, "v2", "v1")]
    [InlineData(true, "v1", null)]
    public async Task A_champion_on_probation_is_replaced_where_labels_say_that_the_one_before_is_better(bool isFormerBetter, string champion, string? inShadow)
    {
        await _host.Registry.PromoteAsync("v2", "anna", "a guess", 0, default);
        await FillAsync(isFormerBetter, champion: "v2", challenger: "v1");

        await LookAsync("models.promotion=automatic");

        (_host.Registry.State.Champion, _host.Registry.State.Challenger).ShouldBe((champion, inShadow));
        if (!isFormerBetter)
            return;
        var entry = _host.Registry.State.History[^1];
        (entry.Action, entry.Gate!.State, entry.Gate.Champion, entry.Gate.Challenger).ShouldBe((RegistryAction.RolledBack, GateState.Passed, "v2", "v1"));
        entry.Why.ShouldStartWith("by the labels that have come the version before passed the gate: average precision ");
    }

    [Fact]
    public async Task A_person_who_promotes_again_what_was_rolled_back_is_not_overruled_by_the_payments_of_before()
    {
        await _host.Registry.PromoteAsync("v2", "anna", "a guess", 0, default);
        await FillAsync(isChallengerBetter: true, champion: "v2", challenger: "v1");
        await LookAsync("models.promotion=automatic");
        _host.Registry.State.Champion.ShouldBe("v1");

        _time.Advance(TimeSpan.FromMinutes(1));
        await _host.Registry.PromoteAsync("v2", "anna", "the labels are wrong", 0, default);
        var report = (await LookAsync("models.promotion=automatic")).ShouldNotBeNull();

        (report.State, report.Payments).ShouldBe((GateState.NotYet, 0));
        (_host.Registry.State.Champion, _host.Registry.State.Challenger).ShouldBe(("v2", "v1"));
    }

    [Theory]
    [InlineData(0.9, 0)]
    [InlineData(0.5, 0.1)]
    public async Task The_alerts_and_the_calibration_of_before_do_not_keep_a_worse_champion_in_service(double championAlertsFrom, double challengerExcess)
    {
        await _host.Registry.PromoteAsync("v2", "anna", "a guess", 0, default);
        await FillAsync(isChallengerBetter: true, champion: "v2", challenger: "v1", championAlertsFrom, challengerExcess);

        var report = (await LookAsync("models.promotion=automatic")).ShouldNotBeNull();

        var (guards, rules) = (report.Guards.ShouldNotBeNull(), new GateRules());
        (guards.ChallengerAlertsADay > rules.MaxAlerts * Math.Max(1, guards.ChampionAlertsADay)).ShouldBe(challengerExcess == 0);
        (guards.ChallengerCalibrationError > guards.ChampionCalibrationError + rules.MaxCalibrationLoss).ShouldBe(challengerExcess > 0);
        (report.State, _host.Registry.State.Champion).ShouldBe((GateState.Passed, "v1"));
        Directory.GetFiles(Path.Combine(_folder, "gate"), "v1-*.json").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_champion_on_probation_is_left_to_people_where_promotions_are()
    {
        await _host.Registry.PromoteAsync("v2", "anna", "a guess", 0, default);
        await FillAsync(isChallengerBetter: true, champion: "v2", challenger: "v1");

        await LookAsync("models.promotion=suggest");

        (_host.Registry.State.Champion, _host.Registry.State.Challenger).ShouldBe(("v2", "v1"));
    }

    [Theory]
    [InlineData(5, "50ms", GateState.Passed)]
    [InlineData(80, "50ms", GateState.Refused)]
    [InlineData(80, "100ms", GateState.Passed)]
    public async Task A_challenger_that_scores_too_slowly_does_not_pass(int milliseconds, string most, GateState state)
    {
        await FillAsync(isChallengerBetter: true);
        using var metrics = new StreamMetrics();
        for (var batch = 0; batch < 200; batch++)
            metrics.ShadowScored(500, 0, TimeSpan.FromMilliseconds(batch % 50 == 0 ? milliseconds : 1));

        var report = (await LookAsync("models.promotion=suggest", metrics, $"models.gate.max-scoring-time={most}")).ShouldNotBeNull();

        (report.State, report.Guards!.ScoringP99Milliseconds).ShouldBe((state, milliseconds));
    }

    async Task<GateReport?> LookAsync(string promotion, StreamMetrics? metrics = null, params string[] set)
    {
        await using var store = Predictions.Open(_folder);
        using var none = new StreamMetrics();
        var settings = SettingsOf.Set(["models.gate.label-delay=0s", "models.gate.min-frauds=50", promotion, .. set]).Candidates;
        return await new GateWatch(_host.Registry, store, new GateReports(_folder), metrics ?? none, NullLogger.Instance).LookAsync(settings, default);
    }

    RegistryEvent Entry => _host.Registry.State.InService!;

    Task<ModelSummary> PromoteAsync(Func<PredictionStore?>? open = null)
    {
        var settings = SettingsOf.Set("models.gate.label-delay=0s", "models.gate.min-frauds=50");
        var gate = StorePromotionGate.Create(open ?? (() => Predictions.Open(_folder)), new LiveCandidateSettings(settings.Candidates), _folder);
        return new ModelService(_host.Registry, _host.Local, gate, settings.Models, new ManualTime()).PromoteAsync("v2", "anna", "seen enough", default);
    }

    /// <summary>Twenty days of payments of 400 cards, one in twenty a fraud. One version knows frauds well; the other misses four in ten, and takes some others for frauds.</summary>
    /// <param name="challengerExcess">By how much the challenger's scores of what is no fraud are too high.</param>
    async Task FillAsync(bool isChallengerBetter, string champion = "v1", string challenger = "v2", double championAlertsFrom = 0.5, double challengerExcess = 0)
    {
        var (random, from) = (new Random(1), TrainedModel.Loaded.Card.Training.To.AddDays(1).ToUnixTimeMilliseconds());
        var (records, shadow) = (new List<string>(), new List<ShadowScore>());
        for (var payment = 0; payment < Payments; payment++)
        {
            var (at, isFraud) = (from + (payment * 20L * 86_400_000 / Payments), payment % 20 == 0);
            var (good, poor) = (Score(isFraud), Score(random.NextDouble() < (isFraud ? 0.6 : 0.03)));
            var (decided, shadowed) = isChallengerBetter ? (poor, good + (isFraud ? 0 : challengerExcess)) : (good, poor);
            records.Add(Predictions.Json($"t{payment}", decided, champion, $",\"fraud\":{(isFraud ? 1 : 0)}").Replace("1577934245678", $"{at}").Replace("4000", $"{random.Next(400)}"));
            shadow.Add(new ShadowScore($"t{payment}", at, challenger, shadowed, shadowed > 0.5, 0.5, champion, decided, decided > championAlertsFrom, CandidateQueriesTests.ScoredAt));
        }

        await using var store = Predictions.Open(_folder);
        await store.WriteAsync(Predictions.Records(records));
        await store.WriteAsync(shadow);

        double Score(bool high) => high ? 0.6 + (0.4 * random.NextDouble()) : 0.02 * random.NextDouble();
    }
}
