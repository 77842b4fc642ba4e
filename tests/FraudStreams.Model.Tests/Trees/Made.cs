using System.Collections.Immutable;
using FraudStreams.Model.Trees;

namespace FraudStreams.Model.Tests.Trees;

/// <summary>Small seeded data sets. Numbers are uniform in 0..1, categories are codes 0..9.</summary>
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
}
