using System.Globalization;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Tests.Simulation;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.Tests.Features;

/// <summary>The Handbook's published features and ours: as training computes them, and as the running program does.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class HandbookParityTests(ITestOutputHelper output) : IDisposable
{
    const int BatchRows = 4096;

    /// <summary>Enough of the first weeks to train a model of a tree or two; its quality does not matter here.</summary>
    const int HistoryRows = 100_000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RealDataFact(HandbookPublished.Payments, HandbookPublished.Features)]
    [Trait("Category", "Data")]
    public void Training_computes_every_published_feature_of_every_payment()
    {
        var schema = SchemaFile.Read("handbook");
        var plan = FeaturePlan.Fit(schema, []);
        var published = new HandbookPublished(plan.Columns, output);
        var state = new WindowState(schema);
        using var csv = new CsvReader(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', HandbookPublished.LinesInTheirOrder()))), schema, HandbookPublished.Payments);
        using var rows = new TransactionRows(schema, BatchRows);
        var matrix = new double[BatchRows * plan.Count];

        while (!published.IsComplete)
        {
            rows.Clear();
            while (rows.Count < BatchRows && csv.TryRead(rows, out var reason))
                reason.ShouldBeNull();
            rows.Count.ShouldBeGreaterThan(0);
            state.Advance(rows);
            plan.Compute(rows, matrix.AsSpan(0, rows.Count * plan.Count));
            for (var row = 0; row < rows.Count; row++)
                published.Compare(int.Parse(rows.Id(row), CultureInfo.InvariantCulture), matrix.AsSpan(row * plan.Count, plan.Count));
        }

        published.ShouldBeOurs();
    }

    [RealDataFact(HandbookPublished.Payments, HandbookPublished.Features)]
    [Trait("Category", "Data")]
    public async Task The_stream_computes_every_published_feature_of_every_payment()
    {
        string[] options = ["--schema", "handbook", "--data", "d"];
        var lines = HandbookPublished.LinesInTheirOrder();
        await File.WriteAllLinesAsync(Path.Combine(_folder, "history.csv"), lines.Take(HistoryRows + 1));
        await File.WriteAllLinesAsync(Path.Combine(_folder, "payments.csv"), lines);
        await using var train = await FraudStreamsProcess.RunAsync(_folder, ["train", "--input", "history.csv", .. options, "--set", "model.trees=2"]);
        (await train.ExitAsync()).ShouldBe(0, train.Errors);

        await using var run = FraudStreamsProcess.Start(
            _folder,
            ["run", "--input", "payments.csv", "--until-drained", "--roles", "simulate,score", .. options, "--set", "scoring.carry-features=on", "--set", "topics.retention.age=infinite"]);
        (await run.ExitAsync(limitSeconds: 300)).ShouldBe(0, run.Errors);

        var data = Path.Combine(_folder, "d");
        var published = new HandbookPublished(new LocalModels(data, TimeProvider.System).Champion().ShouldNotBeNull().Features.Columns, output);
        var reader = new PredictionReader(SchemaFile.Read("handbook"));
        using var row = new PredictionRows(reader.Schema, 1);
        foreach (var prediction in EmbeddedLog.ReadRecords(data, TopicNames.Predictions))
        {
            row.Clear();
            reader.Read(prediction.Value.Span, row).ShouldBeNull();
            published.Compare(int.Parse(row.Transactions.Id(0), CultureInfo.InvariantCulture), FeatureValues.Read(prediction.Value.Span).ShouldNotBeNull());
        }

        published.ShouldBeOurs();
    }
}
