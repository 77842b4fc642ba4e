using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Bench;

/// <summary>
/// Trains on the training rows of a <see cref="FeatureMatrixFile"/> and attributes the scores of the others to their features, on one thread, in batches of
/// 500 and row by row; the baseline is the paper's recursive algorithm as it is written there (<see cref="PlainTreeShap"/>), on a sample. The
/// time is the process's CPU time, so that it is of one core also on a busy machine. Prints one JSON object.
/// <c>… -- reasons features.fsm [trees=200] [leaves=31] [depth=10] [rows=20000]</c>.
/// </summary>
static class ReasonsBench
{
    const int BatchRows = 500;
    const int BaselineRows = 500;
    const int Passes = 3;

    public static void Run(string matrix, string[] options)
    {
        var given = options.Select(o => o.Split('=', 2)).ToDictionary(o => o[0], o => int.Parse(o[1], CultureInfo.InvariantCulture));
        using var file = File.OpenRead(matrix);
        var (set, trainRows) = FeatureMatrixFile.Read(file);
        var settings = new BoostingSettings
        {
            Trees = given.GetValueOrDefault("trees", 200),
            MaxLeaves = given.GetValueOrDefault("leaves", 31),
            MaxDepth = given.GetValueOrDefault("depth", 10),
        };
        var model = GradientBoosting.Train(set.Slice(0, trainRows), null, settings);
        var later = set.Slice(trainRows, Math.Min(set.Rows - trainRows, given.GetValueOrDefault("rows", 20_000)));

        var started = Stopwatch.GetTimestamp();
        if (!Explainer.TryCreate(model, out var explainer, out var why))
            throw new InvalidDataException(why);
        var prepared = Stopwatch.GetElapsedTime(started);
        var contributions = new double[later.Values.Length];
        var batches = Enumerable.Range(0, Passes).Min(_ => Explain(explainer, later, contributions, BatchRows));
        var alone = Enumerable.Range(0, Passes).Min(_ => Explain(explainer, later.Slice(0, Math.Min(later.Rows, BaselineRows)), contributions, 1));

        var plain = new PlainTreeShap(model);
        var rows = Math.Min(later.Rows, BaselineRows);
        var expected = new double[rows * model.FeatureCount];
        var cpu = Environment.CpuUsage.TotalTime;
        for (var row = 0; row < rows; row++)
            plain.Explain(later.Values.Span.Slice(row * model.FeatureCount, model.FeatureCount), expected.AsSpan(row * model.FeatureCount, model.FeatureCount));
        var baseline = Environment.CpuUsage.TotalTime - cpu;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            trees = model.Trees,
            features = model.FeatureCount,
            prepare_seconds = prepared.TotalSeconds,
            rows_a_second = later.Rows / batches,
            rows_a_second_one_by_one = rows / alone,
            baseline_rows_a_second = rows / baseline.TotalSeconds,
            largest_difference = Enumerable.Range(0, expected.Length).Max(i => Math.Abs(expected[i] - contributions[i])),
            largest_error_of_the_score = LargestError(model, explainer, later, contributions),
        }));
    }

    static double Explain(Explainer explainer, TrainingSet set, double[] contributions, int batchRows)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        for (var row = 0; row < set.Rows; row += batchRows)
        {
            var (at, length) = (row * explainer.FeatureCount, Math.Min(batchRows, set.Rows - row) * explainer.FeatureCount);
            explainer.Explain(set.Values.Span.Slice(at, length), contributions.AsSpan(at, length));
        }

        return (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
    }

    /// <summary>Between the score and the one that follows from base value + contributions.</summary>
    static double LargestError(TreeEnsemble model, Explainer explainer, TrainingSet set, double[] contributions)
    {
        var scores = new double[set.Rows];
        model.Score(set.Values.Span, scores);
        var largest = 0.0;
        for (var row = 0; row < set.Rows; row++)
        {
            var sum = explainer.BaseValue;
            foreach (var contribution in contributions.AsSpan(row * model.FeatureCount, model.FeatureCount))
                sum += contribution;
            largest = Math.Max(largest, Math.Abs(1 / (1 + Math.Exp(-sum)) - scores[row]));
        }

        return largest;
    }
}
