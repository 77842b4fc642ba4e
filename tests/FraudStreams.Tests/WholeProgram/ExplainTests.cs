using System.Text.Json;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Tests.Configuration;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>`explain`, and the reasons that predictions carry.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class ExplainTests(ExplainTests.Streamed streamed) : IClassFixture<ExplainTests.Streamed>
{
    const int Rows = 1_000;

    [Fact]
    public async Task A_predicted_fraud_is_explained_as_its_prediction_says_from_the_features_that_it_carries()
    {
        using var folder = new StreamFolder(Rows);
        await folder.ShouldDoAsync("run", "--input", folder.Input, "--until-drained", "--set", "scoring.carry-features=on");

        await ShouldExplainAsync(folder, "prediction");
    }

    [Fact]
    public Task A_predicted_fraud_is_explained_as_its_prediction_says_from_the_topic() => ShouldExplainAsync(streamed.Folder, "topic");

    [Fact]
    public async Task Only_predicted_frauds_carry_reasons_and_none_where_the_setting_says_so()
    {
        var folder = streamed.Folder;
        using var silent = new StreamFolder(Rows);
        await using var without = await silent.RunAsync("run", "--input", silent.Input, "--until-drained", "--set", "predictions.reasons=none");

        folder.ShouldHoldAll(Rows);
        foreach (var prediction in PredictionsOf(folder))
            prediction.TryGetProperty("reasons", out _).ShouldBe(prediction.GetProperty("prediction").GetInt32() == 1);
        PredictionsOf(silent).ShouldAllBe(prediction => !HasReasons(prediction));
    }

    [Fact]
    public async Task A_payment_that_only_the_store_has_is_scored_anew_and_explained()
    {
        using var folder = new StreamFolder(payments: 1);
        var fraud = PredictionsOf(streamed.Folder).First(prediction => prediction.GetProperty("prediction").GetInt32() == 1);
        File.Copy(streamed.Folder.StoreFile, folder.StoreFile);
        await using (EmbeddedLog.Open(SettingsOf.Set().Topics.Embedded(folder.Data), TimeProvider.System))
        {
        }

        await using var explain = await folder.RunAsync("explain", fraud.GetProperty("trans_num").GetString()!, "--json");

        (await explain.ExitAsync()).ShouldBe(0, explain.Errors);
        explain.Json().GetProperty("features_from").GetString().ShouldBe("store");
        explain.Json().GetProperty("recorded").GetBoolean().ShouldBeFalse();
        LogOddsOf(explain.Json()).ShouldBe(LogOdds(explain.Json().GetProperty("score").GetDouble()), 1e-6);
    }

    [Fact]
    public async Task The_readable_form_names_the_score_and_an_unknown_payment_is_an_error()
    {
        var folder = streamed.Folder;
        var fraud = PredictionsOf(folder).First(prediction => prediction.GetProperty("prediction").GetInt32() == 1);

        await using var explain = await folder.RunAsync("explain", fraud.GetProperty("trans_num").GetString()!);
        await using var unknown = await folder.RunAsync("explain", "nobody");

        explain.Output.ShouldContain("what raises the score");
        explain.Output.ShouldContain("predicted a fraud");
        explain.Output.ShouldNotContain(fraud.GetProperty("cc_num").GetString()!);
        (await unknown.ExitAsync()).ShouldBe(1);
        unknown.Errors.ShouldContain("there is no payment nobody in the topics or the store");
    }

    /// <summary>A run with the defaults, which carries no features; commands that look leave it as it is.</summary>
    public sealed class Streamed : IAsyncLifetime
    {
        internal StreamFolder Folder { get; } = new(Rows);

        public Task InitializeAsync() => Folder.ShouldDoAsync("run", "--input", Folder.Input, "--until-drained");

        public Task DisposeAsync()
        {
            Folder.Dispose();
            return Task.CompletedTask;
        }
    }

    static async Task ShouldExplainAsync(StreamFolder folder, string from)
    {
        var fraud = PredictionsOf(folder).First(prediction => prediction.GetProperty("prediction").GetInt32() == 1);

        await using var explain = await folder.RunAsync("explain", fraud.GetProperty("trans_num").GetString()!, "--json");

        (await explain.ExitAsync()).ShouldBe(0, explain.Errors);
        var json = explain.Json();
        json.GetProperty("features_from").GetString().ShouldBe(from);
        json.GetProperty("score").GetDouble().ShouldBe(fraud.GetProperty("score").GetDouble());
        json.GetProperty("model_version").GetString().ShouldBe(TrainedModel.Loaded.Version);
        json.GetProperty("threshold").GetDouble().ShouldBe(TrainedModel.Loaded.Threshold);
        json.TryGetProperty("recomputed_score", out _).ShouldBeFalse();
        LogOddsOf(json).ShouldBe(LogOdds(fraud.GetProperty("score").GetDouble()), 1e-6);
        JsonElement.DeepEquals(json.GetProperty("reasons"), fraud.GetProperty("reasons")).ShouldBeTrue();
        json.GetProperty("reasons").GetArrayLength().ShouldBeInRange(1, 4);
    }

    static double LogOddsOf(JsonElement explained) =>
        explained.GetProperty("base_value").GetDouble() + explained.GetProperty("contributions").EnumerateObject().Sum(feature => feature.Value.GetDouble());

    static double LogOdds(double score) => Math.Log(score / (1 - score));

    static bool HasReasons(JsonElement prediction) => prediction.TryGetProperty("reasons", out _);

    static List<JsonElement> PredictionsOf(StreamFolder folder) =>
        [.. EmbeddedLog.ReadRecords(folder.Data, TopicNames.Predictions).Select(record => JsonDocument.Parse(record.Value).RootElement)];
}
