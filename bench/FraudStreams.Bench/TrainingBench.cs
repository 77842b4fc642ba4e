using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Bench;

/// <summary>
/// Trains on the training rows of a <see cref="FeatureMatrixFile"/>, scores the others in batches of 500 on one thread, and prints one JSON object.
/// <c>… -- training features.fsm [trees=100] [rate=0.1] [depth=6] [leaves=0] [threads=0]</c>; bench/xgboost_reference.py compares it with
/// XGBoost.
/// </summary>
static class TrainingBench
{
    const int BatchRows = 500;
    const int Passes = 5;

    public static void Run(string matrix, string[] options)
    {
        // The last of repeated options wins, so that a script can append its own.
        var given = options.Select(o => o.Split('=', 2)).GroupBy(o => o[0])
            .ToDictionary(o => o.Key, o => double.Parse(o.Last()[1], CultureInfo.InvariantCulture));
        using var file = File.OpenRead(matrix);
        var (set, trainRows) = FeatureMatrixFile.Read(file);
        var later = set.Slice(trainRows, set.Rows - trainRows);
        var settings = new BoostingSettings
        {
            Trees = (int)given.GetValueOrDefault("trees", 100),
            LearningRate = given.GetValueOrDefault("rate", 0.1),
            MaxDepth = (int)given.GetValueOrDefault("depth", 6),
            MaxLeaves = (int)given.GetValueOrDefault("leaves", 0),
            Threads = (int)given.GetValueOrDefault("threads", 0),
        };

        var started = Stopwatch.GetTimestamp();
        var cpu = Environment.CpuUsage.TotalTime;
        var model = GradientBoosting.Train(set.Slice(0, trainRows), null, settings);
        var trained = Stopwatch.GetElapsedTime(started);
        var trainedCpu = Environment.CpuUsage.TotalTime - cpu;

        var scores = new double[later.Rows];
        Score(model, later, scores);
        // The best pass: others are disturbed by other load on the machine, and the first ones by compilation.
        var best = Enumerable.Range(0, Passes).Min(_ => Score(model, later, scores).TotalSeconds);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            average_precision = Ranking.AveragePrecision(scores, later.Labels.Span),
            roc_auc = Ranking.RocAuc(scores, later.Labels.Span),
            train_seconds = trained.TotalSeconds,
            train_cpu_seconds = trainedCpu.TotalSeconds,
            rows_a_second = later.Rows / best,
            trees = model.Trees,
        }));
    }

    static TimeSpan Score(TreeEnsemble model, TrainingSet set, double[] scores)
    {
        var features = model.FeatureCount;
        var started = Stopwatch.GetTimestamp();
        for (var row = 0; row < set.Rows; row += BatchRows)
        {
            var count = Math.Min(BatchRows, set.Rows - row);
            model.Score(set.Values.Span.Slice(row * features, count * features), scores.AsSpan(row, count));
        }
        return Stopwatch.GetElapsedTime(started);
    }
}
