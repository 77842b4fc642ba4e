using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Bench;

/// <summary>
/// Scores the later rows of a <see cref="FeatureMatrixFile"/> on one thread in batches of 500, three times with the same trees: with at most 255 thresholds a
/// feature, as they are grown, with all thresholds different, and the latter row by row. Prints one JSON object. <c>… -- scoring features.fsm [trees=200] [leaves=31]</c>;
/// leaves=0 and depth=12 grow trees of over 256 leaves.
/// </summary>
static class ScoringBench
{
    const int BatchRows = 500;
    const int Passes = 7;
    const int RowsAlone = 20_000;

    public static void Run(string matrix, string[] options)
    {
        var given = options.Select(o => o.Split('=', 2)).ToDictionary(o => o[0], o => int.Parse(o[1], CultureInfo.InvariantCulture));
        using var file = File.OpenRead(matrix);
        var (set, trainRows) = FeatureMatrixFile.Read(file);
        var grown = GradientBoosting.Train(set.Slice(0, trainRows), null, new BoostingSettings
        {
            Trees = given.GetValueOrDefault("trees", 200),
            MaxLeaves = given.GetValueOrDefault("leaves", 31),
            MaxDepth = given.GetValueOrDefault("depth", 10),
        });
        var (wide, thresholds) = WithThresholdsOfTheirOwn(grown);
        var later = set.Slice(trainRows, set.Rows - trainRows);
        var (first, alone) = (later.Slice(0, Math.Min(later.Rows, RowsAlone)), new double[Math.Min(later.Rows, RowsAlone)]);
        var scores = new double[later.Rows];
        // In turns, so that other load on the machine meets all of them; the best pass counts.
        var passes = Enumerable.Range(0, Passes).Select(_ => (
            Narrow: Score(grown, later, scores, BatchRows), Wide: Score(wide, later, scores, BatchRows), Alone: Score(wide, first, alone, 1))).ToArray();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            trees = grown.Trees,
            most_thresholds_of_a_feature = thresholds,
            rows_a_second = later.Rows / passes.Min(pass => pass.Narrow),
            rows_a_second_many_thresholds = later.Rows / passes.Min(pass => pass.Wide),
            rows_a_second_row_by_row = first.Rows / passes.Min(pass => pass.Alone),
            scores_that_differ_alone = Enumerable.Range(0, first.Rows).Count(row => scores[row] != alone[row]),
        }));
    }

    /// <summary>The same trees, each threshold moved up by some of the smallest steps, so that no two are the same.</summary>
    static (TreeEnsemble Model, int MostThresholds) WithThresholdsOfTheirOwn(TreeEnsemble model)
    {
        using var saved = new MemoryStream();
        model.Save(saved);
        var json = JsonNode.Parse(saved.ToArray())!;
        var used = Enumerable.Range(0, model.FeatureCount).Select(_ => new HashSet<double>()).ToArray();
        foreach (var tree in json["trees"]!.AsArray())
        {
            var (features, numbers) = (tree!["feature"]!.AsArray(), tree["number"]!.AsArray());
            for (var node = 0; node < features.Count; node++)
            {
                if (features[node]!.GetValue<int>() is not (>= 0 and var feature) || model.Features[feature].Kind != FraudStreams.Model.Features.FeatureKind.Number)
                    continue;
                var threshold = numbers[node]!.GetValue<double>();
                while (threshold < double.MaxValue && !used[feature].Add(threshold))
                    threshold = Math.BitIncrement(threshold);
                numbers[node] = threshold;
            }
        }

        return (TreeEnsemble.Load(JsonSerializer.SerializeToUtf8Bytes(json)), used.Max(thresholds => thresholds.Count));
    }

    static double Score(TreeEnsemble model, TrainingSet set, double[] scores, int batchRows)
    {
        var features = model.FeatureCount;
        var started = Stopwatch.GetTimestamp();
        for (var row = 0; row < set.Rows; row += batchRows)
        {
            var count = Math.Min(batchRows, set.Rows - row);
            model.Score(set.Values.Span.Slice(row * features, count * features), scores.AsSpan(row, count));
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
