using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.MLNet;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Tests.Models.Trees;

/// <summary>Small seeded training sets. Numbers are uniform in 0..1, categories are codes 0..9.</summary>
static class Made
{
    /// <param name="features">"name:number" or "name:category".</param>
    /// <param name="fraud">Whether a row (its number, its values) is labelled 1; it may change the values, to NaN for instance.</param>
    public static TrainingSet Rows(int rows, string[] features, Func<int, double[], bool> fraud, int seed = 1)
    {
        var columns = features.Select(f => f.Split(':'))
            .Select(f => new FeatureColumn(f[0], f[1] == "category" ? FeatureKind.Category : FeatureKind.Number)).ToImmutableArray();
        var random = new Random(seed);
        var values = new double[rows * columns.Length];
        var labels = new byte[rows];
        for (var row = 0; row < rows; row++)
        {
            var made = columns.Select(c => c.Kind == FeatureKind.Category ? random.Next(10) : random.NextDouble()).ToArray();
            labels[row] = fraud(row, made) ? (byte)1 : (byte)0;
            made.CopyTo(values, row * columns.Length);
        }
        return new TrainingSet(columns, values, labels);
    }

    /// <summary>Numbers and categories with missing values and noise; about one row in six is fraud.</summary>
    public static TrainingSet Mixed(int rows)
    {
        var random = new Random(11);
        return Rows(rows, ["a:number", "b:number", "c:category", "d:number", "e:category"], (_, row) =>
        {
            var odds = -3 + 3 * row[0] - 2 * row[1] + (row[2] is 2 or 3 or 5 ? 2 : 0) + (row[3] > 0.9 && row[4] > 7 ? 3 : 0);
            for (var f = 0; f < row.Length; f++)
                if (random.NextDouble() < 0.1) row[f] = double.NaN;
            return random.NextDouble() < 1 / (1 + Math.Exp(-odds));
        });
    }

    /// <summary>The same rows with numbers rounded to multiples of 0.05.</summary>
    public static TrainingSet Coarse(TrainingSet set) =>
        new(set.Features, set.Values.ToArray().Select(v => v < 1 ? Math.Round(v * 20) / 20 : v).ToArray(), set.Labels, set.Weights);

    public static double[] Scores(IScorer model, TrainingSet set)
    {
        var scores = new double[set.Rows];
        model.Score(set.Values.Span, scores);
        return scores;
    }

    public static LogisticRegression Linear(TrainingSet set, double l2 = 1) =>
        (LogisticRegression)MLNetTraining.Train(set, null, new MLNetSettings { Algorithm = MLNetAlgorithm.Logistic, L2 = l2 }).Scorer;

    public static byte[] Saved(TreeEnsemble model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }
}
