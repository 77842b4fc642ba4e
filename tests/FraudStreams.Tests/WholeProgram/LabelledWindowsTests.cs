using System.Globalization;
using System.Text;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Tests.WindowStates;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Windows over labels: the stream computes from topic `labels` what training computes from the labels of its file.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class LabelledWindowsTests : IDisposable
{
    const int Rows = 6_000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Labels_known_after_exactly_the_delay_give_the_features_of_training(int partitions)
    {
        var payments = TerminalPayments.Make(seed: 9, Rows);
        var delay = TimeSpan.FromDays(7);
        var (history, input) = (Path.Combine(_folder, "history.csv"), Path.Combine(_folder, "payments.csv"));
        await File.WriteAllLinesAsync(history, payments.Select(payment => $"{payment.CsvRow},{(payment.Fraud ? 1 : 0)}").Prepend($"{TerminalPayment.CsvHeader},TX_FRAUD"));
        await File.WriteAllLinesAsync(input, payments.Select(payment => payment.CsvRow).Prepend(TerminalPayment.CsvHeader));
        await File.WriteAllLinesAsync(Path.Combine(_folder, "labels.csv"), payments
            .Select(payment => string.Create(CultureInfo.InvariantCulture, $"{payment.Id},{(payment.Fraud ? 1 : 0)},{payment.Time + delay:yyyy-MM-dd HH:mm:ss},team"))
            .Prepend("id,true_value,confirmed_at,confirmed_by"));
        string[] many = ["--set", $"topics.partitions={partitions}"];

        await using var train = await FraudStreamsProcess.RunAsync(_folder, "train", "--input", "history.csv", "--schema", "handbook", "--set", "model.trees=5");
        await using var import = await FraudStreamsProcess.RunAsync(_folder, ["labels", "import", "labels.csv", .. many]);
        await using var run = await FraudStreamsProcess.RunAsync(
            _folder, ["run", "--input", "payments.csv", "--until-drained", "--set", "scoring.carry-features=on", .. many]);
        await using var verified = await FraudStreamsProcess.RunAsync(_folder, ["features", "verify", "--json", .. many]);

        (await train.ExitAsync()).ShouldBe(0, train.Errors);
        (await import.ExitAsync()).ShouldBe(0, import.Errors);
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        var model = new LocalModels(Path.Combine(_folder, "fraudstreams-data"), TimeProvider.System).Champion().ShouldNotBeNull();
        var trained = Trained(history, model);
        var carried = Carried();
        carried.Count.ShouldBe(Rows);
        foreach (var (id, features) in carried)
            features.ShouldBe(trained[id], id);
        var risk = model.Features.Columns.Select(column => column.Name).ToList().IndexOf("TERMINAL_ID_RISK_7DAY_WINDOW");
        carried.Values.Count(features => features[risk] > 0).ShouldBeGreaterThan(Rows / 10);
        (await verified.ExitAsync()).ShouldBe(0, verified.Errors);
        verified.Json().GetProperty("with_features").GetInt64().ShouldBe(Rows);
    }

    /// <summary>The features of each payment in training.</summary>
    static Dictionary<string, double[]> Trained(string history, ScoringModel model)
    {
        var features = new Dictionary<string, double[]>();
        var windows = new WindowState(model.Schema);
        foreach (var rows in new CsvHistory(history, model.Schema).Read(_ => { }, _ => { }, default))
        {
            var batch = new double[rows.Count * model.Features.Count];
            windows.Advance(rows);
            model.Features.Compute(rows, batch);
            for (var row = 0; row < rows.Count; row++)
                features.Add(Encoding.UTF8.GetString(rows.Id(row)), batch[(row * model.Features.Count)..((row + 1) * model.Features.Count)]);
        }

        return features;
    }

    Dictionary<string, double[]> Carried() => EmbeddedLog.ReadRecords(Path.Combine(_folder, "fraudstreams-data"), TopicNames.Predictions).ToDictionary(
        record => System.Text.Json.JsonDocument.Parse(record.Value).RootElement.GetProperty("TRANSACTION_ID").GetString()!,
        record => FeatureValues.Read(record.Value.Span).ShouldNotBeNull());
}
