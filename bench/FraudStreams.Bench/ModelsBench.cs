using System.Diagnostics;
using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;

namespace FraudStreams.Bench;

/// <summary>
/// Versions beside each other on the same later payments, windows warmed up by the earlier ones: average precision, and rows a second of the scorer in batches of
/// 500 on one thread. Prints one JSON object a version. <c>… -- models later.csv earlier.csv VERSION_FOLDER…</c>; bench/model_table.py makes the versions.
/// </summary>
static class ModelsBench
{
    const int BatchRows = 500;
    const int Passes = 5;

    /// <summary>A pass ends early after so many rows: some models score a hundred times slower than others.</summary>
    const int RowsOfAPass = 100_000;

    public static void Run(string later, string earlier, string[] folders) => WorkProgress.Run(progress =>
    {
        foreach (var folder in folders)
        {
            var model = ModelArtifact.Load(folder);
            var windows = new WindowState(model.Schema);
            foreach (var batch in new CsvHistory(earlier, model.Schema).Read(_ => { }, _ => { }, default))
                windows.Advance(batch);
            var rows = LabelledDataset.Read(new CsvHistory(later, model.Schema), model.Features, windows, _ => { }, _ => { }, default) ?? throw new InvalidDataException($"{later} has no labelled row");
            var scores = new double[rows.Count];
            Score(model.Scorer, rows, scores, rows.Count);
            var measured = Math.Min(rows.Count, RowsOfAPass);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                version = model.Version,
                trainer = model.Card.Training.Settings.GetValueOrDefault("trainer") ?? model.Card.Training.Settings.GetValueOrDefault("file") ?? "trees",
                rows = rows.Count,
                frauds = rows.Set.Positives,
                average_precision = Ranking.AveragePrecision(scores, rows.Set.Labels.Span),
                roc_auc = Ranking.RocAuc(scores, rows.Set.Labels.Span),
                expected_calibration_error = Calibration.Of(scores, rows.Set.Labels.Span).ExpectedCalibrationError,
                rows_a_second = measured / Enumerable.Range(0, Passes).Min(_ => Score(model.Scorer, rows, scores, measured)),
            }));
        }

        return 0;
    });

    /// <returns>Seconds of processor time, so that other load on the machine does not count.</returns>
    static double Score(IScorer scorer, LabelledDataset rows, double[] scores, int count)
    {
        var features = scorer.FeatureCount;
        var cpu = Environment.CpuUsage.TotalTime;
        for (var row = 0; row < count; row += BatchRows)
        {
            var batch = Math.Min(BatchRows, count - row);
            scorer.Score(rows.Set.Values.Span.Slice(row * features, batch * features), scores.AsSpan(row, batch));
        }

        return (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
    }
}
