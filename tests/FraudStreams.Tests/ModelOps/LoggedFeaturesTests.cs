using System.Text;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Features;
using FraudStreams.ModelOps;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class LoggedFeaturesTests : IDisposable
{
    const int Partitions = 2;
    const int Payments = 40;

    static readonly FeaturePlan s_plan = FeaturePlan.Fit(Predictions.Schema, []);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Payments_of_all_partitions_come_once_in_the_order_of_event_time()
    {
        await PublishAsync(Enumerable.Range(0, Payments).Reverse().Concat([3, 5]).Select(number => Prediction(number)));
        EmbeddedLog.ReadRecords(_folder, TopicNames.Predictions).Select(record => record.Partition.Partition).Distinct().Count().ShouldBe(Partitions);

        var logged = (await ReadAsync([])).ShouldNotBeNull();

        logged.Set.Values.ToArray().ShouldBe(Enumerable.Range(0, Payments).Select(number => number + 0.5));
        logged.Times.ShouldBe(Enumerable.Range(0, Payments).Select(number => 1_000L + number));
        logged.Set.Labels.ToArray().ShouldBe(Enumerable.Range(0, Payments).Select(number => (byte)(number % 4 == 0 ? 1 : 0)));
    }

    [Fact]
    public async Task A_confirmed_label_precedes_the_payments_own()
    {
        await PublishAsync([Prediction(0), Prediction(1, label: "null"), Prediction(2, label: "null")]);

        var logged = (await ReadAsync(new Dictionary<string, bool> { ["n0"] = false, ["n2"] = true })).ShouldNotBeNull();

        logged.Times.ShouldBe([1_000, 1_002]);
        logged.Set.Labels.ToArray().ShouldBe([0, 1]);
    }

    [Fact]
    public async Task Records_without_usable_features_are_left_out()
    {
        await PublishAsync([Prediction(0), "no prediction", Prediction(1, version: "gone"), Prediction(2, features: "[1,2]"), Prediction(3).Replace("feature_values", "other")]);

        (await ReadAsync([])).ShouldNotBeNull().Times.ShouldBe([1_000]);
    }

    static string Prediction(int number, string? label = null, string version = "m1", string? features = null) =>
        $$"""{"id":"n{{number}}","at":{{1_000 + number}},"card":"{{number % 7}}","amount":1,"fraud":{{label ?? (number % 4 == 0 ? "1" : "0")}},"score":0.5,"prediction":0,"model_version":"{{version}}","scored_at":"2026-01-02T03:04:05.678Z","feature_values":{{features ?? $"[{number}.5]"}}}""";

    async Task PublishAsync(IEnumerable<string> predictions)
    {
        await using var topics = Open();
        using var records = new RecordBatch();
        foreach (var (number, prediction) in predictions.Index())
            records.Add(TopicNames.Predictions, Encoding.UTF8.GetBytes($"{number % 7}"), Encoding.UTF8.GetBytes(prediction));
        await topics.PublishAsync(records, default);
    }

    async Task<LabelledDataset?> ReadAsync(Dictionary<string, bool> confirmed)
    {
        await using var topics = Open();
        var logged = new LoggedFeatures(topics, Partitions, s_plan, version => version == "gone" ? null : FeaturePlan.Fit(Predictions.Schema, []), confirmed);
        return await WorkProgress.RunAsync(progress => logged.ReadAsync(progress, _ => { }, default));
    }

    EmbeddedMessageLog Open() => EmbeddedMessageLog.Open(LogOf.Settings(_folder, Partitions, TopicNames.Predictions), TimeProvider.System, _ => { });
}
