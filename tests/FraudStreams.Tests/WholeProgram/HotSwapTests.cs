using FraudStreams.ModelOps;
using FraudStreams.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Versions go into service and out of it under a running stream.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class HotSwapTests
{
    const int Rows = 6_000;

    /// <summary>Payments at least that a version has scored before the next takes its place, with the former one in its shadow.</summary>
    const int Shadowed = 60;

    /// <summary>While versions change. The rest is then sent at once.</summary>
    const string Slow = "speed_1 = 200/s";

    [Fact]
    public async Task Promotions_and_rollbacks_reach_a_running_stream_and_each_prediction_is_its_versions()
    {
        using var folder = new StreamFolder(Rows);
        var second = TrainedModel.Train(new LocalModels(folder.File("elsewhere"), TimeProvider.System), seed: 5).Version;
        await folder.ShouldDoAsync("models", "import", folder.File($"elsewhere/models/{second}"));
        folder.SetSpeeds(Slow);
        await using var run = folder.Start("run", "--input", folder.Input, "--config", folder.SpeedsFile);
        await Eventually.TrueAsync(() => folder.Status() is { Stored: > 0 }, limitSeconds: 60, everyMilliseconds: 20);
        for (var change = 1; change <= 2; change++)
        {
            await folder.ShouldDoAsync("models", "promote", second, "--why", "a test's");
            await run.LineAsync($"Model {second} scores from now on", change);
            await Eventually.TrueAsync(() => ShadowScores(folder) >= change * Shadowed, "payments in the shadow", limitSeconds: 60, everyMilliseconds: 50);
            await folder.ShouldDoAsync("models", "rollback", "--why", "a test's");
            await run.LineAsync($"Model {TrainedModel.Loaded.Version} scores from now on", change);
        }

        folder.SetSpeeds("speed_1 = unlimited");
        await Eventually.TrueAsync(() => folder.Status() is { Predictions: Rows } status && status.Lag.Values.All(lag => lag == 0), limitSeconds: 60, everyMilliseconds: 100);
        await run.TerminateAsync();
        (await run.ExitAsync()).ShouldBe(0, run.Errors);

        var predictions = folder.IdsOf(TopicNames.Predictions, "trans_num").Zip(folder.IdsOf(TopicNames.Predictions, "model_version")).ToList();
        predictions.Count.ShouldBe(Rows);
        predictions.Select(prediction => prediction.First).ShouldBeUnique();
        predictions.Select(prediction => prediction.Second).Distinct().Order().ShouldBe(new[] { second, TrainedModel.Loaded.Version }.Order());
        var alone = new Dictionary<string, Dictionary<string, double>>
        {
            [second] = await ScoresAsync(folder, "second", promoted: folder.File($"elsewhere/models/{second}")),
            [TrainedModel.Loaded.Version] = await ScoresAsync(folder, "first", promoted: null),
        };
        foreach (var (id, (version, score)) in folder.ScoresOf(folder.Data))
            score.ShouldBe(alone[version][id], id);
        ShouldShadow(folder, alone);
        var first = folder.IdsOf(TopicNames.Predictions, "trans_num").First();
        await using var who = await folder.RunAsync("models", "who", first, "--json");
        who.Json().GetProperty("model_version").GetString().ShouldBe(TrainedModel.Loaded.Version);
        who.Json().GetProperty("service").GetProperty("in_service").GetProperty("action").GetString().ShouldBe("promoted");
        await using var history = await folder.RunAsync("models", "history", "--verify", "--json");
        history.Json().GetProperty("problems").GetArrayLength().ShouldBe(0);
        history.Json().GetProperty("entries").EnumerateArray().Count(entry => entry.GetProperty("action").GetString() == "rolled_back").ShouldBe(2);
        await using var status = await folder.RunAsync("status", "--json");
        status.Json().GetProperty("model_version").GetString().ShouldBe(TrainedModel.Loaded.Version);
    }

    [Fact]
    public async Task A_threshold_changed_under_a_running_stream_decides_from_then_on()
    {
        using var folder = new StreamFolder(Rows);
        folder.SetSpeeds(Slow);
        await using var run = folder.Start("run", "--input", folder.Input, "--until-drained", "--config", folder.SpeedsFile);
        await Eventually.TrueAsync(() => folder.Status() is { Stored: > 0 }, limitSeconds: 60, everyMilliseconds: 20);

        await folder.ShouldDoAsync("models", "threshold", TrainedModel.Loaded.Version, "0.000001", "--why", "a test's");
        await run.LineAsync("with threshold 1E-06");
        folder.SetSpeeds("speed_1 = unlimited");
        (await run.ExitAsync()).ShouldBe(0, run.Errors);

        folder.Status()!.PredictedFrauds.ShouldBeGreaterThan(Rows / 4);
    }

    [Fact]
    public async Task A_version_that_cannot_be_used_is_refused_and_the_champion_stays()
    {
        using var folder = new StreamFolder(100);
        var elsewhere = new LocalModels(folder.File("elsewhere"), TimeProvider.System);
        var second = TrainedModel.Train(elsewhere, seed: 5).Version;
        File.AppendAllText(Path.Combine(elsewhere.FolderOf(second), "model.json"), " ");

        await using var import = await folder.RunAsync("models", "import", elsewhere.FolderOf(second));
        await using var promote = await folder.RunAsync("models", "promote", second, "--why", "a test's");

        (await import.ExitAsync()).ShouldBe(1);
        import.Errors.ShouldContain("is truncated or altered");
        (await promote.ExitAsync()).ShouldBe(1);
        promote.Errors.ShouldContain($"there is no version {second}");
    }

    /// <summary>During each probation the former champion scored in the shadow of the new one, each payment as it does alone.</summary>
    static void ShouldShadow(StreamFolder folder, Dictionary<string, Dictionary<string, double>> alone)
    {
        using var file = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = file.Query("SELECT shadow.id, shadow.model_version, shadow.score, champion_version, champion_score, transactions.model_version, transactions.score FROM shadow JOIN transactions ON trans_num = shadow.id");
        var count = 0;
        for (; rows.Step(); count++)
        {
            (rows.Text(3), rows.Double(4)).ShouldBe((rows.Text(5), rows.Double(6)));
            rows.Text(1).ShouldNotBe(rows.Text(3));
            rows.Double(2).ShouldBe(alone[rows.Text(1)][rows.Text(0)]);
        }

        count.ShouldBeGreaterThanOrEqualTo(2 * Shadowed);
        file.QueryLong("SELECT count(*) FROM shadow").ShouldBe(count);
    }

    static long ShadowScores(StreamFolder folder)
    {
        using var file = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        return file.QueryLong("SELECT count(*) FROM shadow");
    }

    /// <summary>What a version gives alone, undisturbed.</summary>
    static async Task<Dictionary<string, double>> ScoresAsync(StreamFolder folder, string data, string? promoted)
    {
        TrainedModel.PutInService(folder.File(data));
        if (promoted is not null)
        {
            await folder.ShouldDoAsync("models", "import", promoted, "--data", data);
            await folder.ShouldDoAsync("run", "--roles", "score", "--until-drained", "--data", data);
            await folder.ShouldDoAsync("models", "promote", Path.GetFileName(promoted), "--why", "a test's", "--data", data);
        }

        await folder.ShouldDoAsync("run", "--input", folder.Input, "--until-drained", "--data", data);
        return folder.ScoresOf(folder.File(data)).ToDictionary(of => of.Key, of => of.Value.Score);
    }
}
