using FraudStreams.Model.Drift;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Candidates;

[Trait("Category", "Integration")]
public sealed class CandidateLoopTests : IDisposable
{
    const int Learnt = 30;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Over_months_of_drift_the_loop_stays_ahead_of_a_model_that_is_never_retrained()
    {
        await using var stream = await StartAsync("models.promotion=automatic", "models.retrain.every=14d");

        for (var day = Learnt; day < Learnt + 180; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        var history = stream.State.History;
        var promoted = history.Where(entry => entry is { Action: RegistryAction.Promoted, Gate: not null }).ToArray();
        promoted.ShouldNotBeEmpty();
        foreach (var entry in promoted)
        {
            // Trained before the payments that it was judged by.
            entry.Gate!.EValue.ShouldBeGreaterThan(20);
            stream.State.Versions[entry.Version].Model.TrainedTo.ShouldBeLessThan(entry.At.AddDays(-entry.Gate.Days));
        }

        var (loop, first, frauds) = Measured(stream, 150, 210);
        frauds.ShouldBeGreaterThan(200);
        loop.ShouldBeGreaterThan(first + 0.1);
    }

    [Fact]
    public async Task A_loser_is_followed_by_a_new_challenger_trained_on_newer_payments()
    {
        await using var stream = await StartAsync("models.promotion=automatic", "models.retrain.min-new-labels=100000");
        for (var day = Learnt; day < Learnt + 15; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));
        var poor = await BringInAsync(stream, RandomTrees(stream.First!));

        for (var day = Learnt + 15; day < Learnt + 35; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        var lost = stream.State.History.Single(entry => entry.Action == RegistryAction.StoodDown);
        (lost.Version, lost.Gate!.State).ShouldBe((poor, GateState.Refused));
        lost.Why.ShouldStartWith("lost at the gate: average precision is ");
        var next = stream.State.History.First(entry => entry.Number > lost.Number && entry.Action == RegistryAction.Challenged);
        next.Why.ShouldStartWith("the last challenger has lost at the gate");
        stream.State.Versions[next.Version].Model.TrainedTo.ShouldBeGreaterThan(stream.First!.Card.Training.To);
        Directory.GetFiles(Path.Combine(_folder, "gate"), $"{poor}-{lost.Gate.Report[..12]}.*").Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_model_that_a_person_brings_in_takes_the_challengers_place_and_is_not_replaced_while_it_is_judged()
    {
        await using var stream = await StartAsync("models.promotion=suggest", "models.retrain.min-new-labels=500");
        for (var day = Learnt; day < Learnt + 15; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));
        var trained = stream.State.Challenger.ShouldNotBeNull();

        var brought = await BringInAsync(stream, stream.First!.Scorer);
        for (var day = Learnt + 15; day < Learnt + 20; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        brought.ShouldNotBe(trained);
        stream.State.Challenger.ShouldBe(brought);
    }

    [Fact]
    public async Task With_suggest_a_challenger_that_passed_is_named_once_and_the_champion_stays()
    {
        await using var stream = await StartAsync("models.promotion=suggest", "models.retrain.every=30d");

        for (var day = Learnt; day < Learnt + 110; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        stream.State.Champion.ShouldBe(stream.First!.Version);
        var suggested = stream.State.History.Where(entry => entry.Action == RegistryAction.Suggested).ToArray();
        suggested.ShouldNotBeEmpty();
        suggested.Select(entry => entry.Version).ShouldBeUnique();
    }

    [Fact]
    public async Task With_manual_promotion_and_no_trigger_nothing_is_looked_at()
    {
        await using var stream = await StartAsync();

        for (var day = Learnt; day < Learnt + 20; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        stream.State.History.Select(entry => entry.Action).ShouldBe([RegistryAction.Registered, RegistryAction.Promoted]);
    }

    [Fact]
    public async Task With_four_eyes_the_loop_asks_and_a_person_approves()
    {
        await using var stream = await StartAsync("models.promotion=automatic", "models.retrain.every=30d", "models.approvals=1");
        for (var day = Learnt; day < Learnt + 110 && stream.State.Requests.Count == 0; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));
        var asked = stream.State.Requests.Values.ShouldHaveSingleItem().Entry;

        stream.State.Champion.ShouldBe(stream.First!.Version);
        asked.Gate.ShouldNotBeNull().State.ShouldBe(GateState.Passed);
        (await stream.Registry.ApproveAsync(asked.Version, "maria", "read the report", default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Confirmed_drift_trains_a_challenger_and_says_what_has_drifted()
    {
        await using var stream = await StartAsync("models.retrain.on-drift=on", "models.gate.every=1d");
        for (var day = Learnt; day < Learnt + 5; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));
        stream.State.Challenger.ShouldBeNull();
        stream.Drift.Select(finding => finding.Name).ShouldBe(["amount", "a", "b", "c", "score", "time of day", "alerts", "recall", "precision"], ignoreOrder: true);

        for (var day = Learnt + 5; day < Learnt + 9 && stream.State.Challenger is null; day++)
            await stream.PlayAsync([.. DriftingPayments.Day(day).Select(DriftingPayments.Doubled)]);

        stream.Drift.Single(finding => finding.Name == "amount").IsAlarm.ShouldBeTrue();
        stream.State.History.Last(entry => entry.Action == RegistryAction.Challenged).Why.ShouldStartWith("drift of amount (");
    }

    [Fact]
    public async Task A_version_without_a_reference_is_not_watched()
    {
        await using var stream = await StartAsync("models.retrain.on-drift=on", "models.gate.every=1d");
        var card = stream.First!.Card with { Version = "drifting-20260101-000000-8" };
        ModelArtifact.Write(Path.Combine(_folder, "models"), new ScoringModel(card, stream.First.Scorer));
        await stream.Registry.RegisterAsync(card, "anna", "from elsewhere", default);
        await stream.Registry.PromoteAsync(card.Version, "anna", "from elsewhere", 0, default);

        for (var day = Learnt; day < Learnt + 3; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        stream.Drift.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_reference_is_said_once_and_stops_no_training()
    {
        await using var stream = await StartAsync("models.retrain.every=1d", "models.retrain.cool-down=1d", "models.gate.every=1d");
        File.AppendAllText(Path.Combine(_folder, "models", stream.First!.Version, DriftReferenceFile.Name), " ");

        for (var day = Learnt; day < Learnt + 6 && stream.State.Challenger is null; day++)
            await stream.PlayAsync(DriftingPayments.Day(day));

        stream.State.Challenger.ShouldNotBeNull();
        stream.Log.Warnings.ShouldHaveSingleItem().ShouldStartWith("Drift cannot be watched; everything else goes on: ");
        stream.Drift.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_training_that_was_cancelled_is_begun_anew_without_a_cool_down()
    {
        await using var stream = await StartAsync("models.retrain.every=1d", "models.retrain.cool-down=2d", "models.gate.every=1h");
        using var stop = new CancellationTokenSource();
        stream.Says = _ => stop.Cancel();
        var day = Learnt;
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            while (day < Learnt + 10)
                await stream.PlayAsync(DriftingPayments.Day(day++), stop.Token);
        });
        stream.State.Challenger.ShouldBeNull();
        stream.Says = _ => { };

        await stream.PlayAsync(DriftingPayments.Day(day));

        stream.State.Challenger.ShouldNotBeNull();
    }

    static (double Loop, double First, int Frauds) Measured(SimulatedStream stream, int from, int to) =>
        stream.Measure(DriftingPayments.Start.AddDays(from), DriftingPayments.Start.AddDays(to)).ShouldNotBeNull();

    async Task<SimulatedStream> StartAsync(params string[] set)
    {
        var time = new ManualTime { Start = DriftingPayments.Start.AddDays(Learnt) };
        var settings = SettingsOf.Set(["model.trees=40", "model.leaves=8", "models.gate.every=4d", "models.gate.label-delay=3d", "models.retrain.history=20d", .. set]) with { DataDirectory = _folder };
        var stream = new SimulatedStream(_folder, DriftingPayments.Schema, settings, StreamTopics.OpenRegistry(settings, NullLogger.Instance, time), time);
        await stream.StartAsync(DriftingPayments.Days(0, Learnt));
        return stream;
    }

    /// <summary>Trees that have learnt labels which nothing tells.</summary>
    static TreeEnsemble RandomTrees(ScoringModel like)
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 1_000 * like.Features.Count).Select(_ => random.NextDouble()).ToArray();
        var labels = Enumerable.Range(0, 1_000).Select(_ => (byte)random.Next(2)).ToArray();
        return GradientBoosting.Train(new TrainingSet(like.Features.Columns, values, labels), null, new BoostingSettings { Trees = 5, MaxLeaves = 8, Threads = 1 });
    }

    /// <summary>Registers a version with another scorer and makes it the challenger.</summary>
    async Task<string> BringInAsync(SimulatedStream stream, IScorer scorer)
    {
        var card = stream.First!.Card with { Version = "drifting-20260101-000000-9" };
        ModelArtifact.Write(Path.Combine(_folder, "models"), new ScoringModel(card, scorer));
        await stream.Registry.RegisterAsync(card, "anna", "from elsewhere", default);
        await stream.Registry.ChallengeAsync(card.Version, "anna", "from elsewhere", default);
        return card.Version;
    }
}
