using System.Collections.Immutable;

namespace FraudStreams.Model.Profiling;

/// <summary>
/// A uniform sample of rows of numbers, of at most <see cref="DatasetProfiler.SampleRows"/> (reservoir sampling, Vitter 1985, algorithm R). The same rows in
/// the same order give the same sample.
/// </summary>
sealed class NumberSample
{
    readonly Random _random = new(1);
    readonly List<double[]> _rows = [];
    long _seen;

    public void Add(ReadOnlySpan<double> row)
    {
        _seen++;
        if (_rows.Count < DatasetProfiler.SampleRows)
            _rows.Add(row.ToArray());
        else if (_random.NextInt64(_seen) is var at && at < _rows.Count)
            row.CopyTo(_rows[(int)at]);
    }

    /// <summary>The values of one column that are numbers, ascending.</summary>
    public double[] Sorted(int column)
    {
        var values = _rows.Select(row => row[column]).Where(value => !double.IsNaN(value)).ToArray();
        Array.Sort(values);
        return values;
    }

}

/// <summary>Distributions of a number among payments that are no fraud and frauds, in the same bins.</summary>
static class Distributions
{
    const int Bins = 24;

    /// <summary>Where most values lie far below the largest, bins widen with the value.</summary>
    const double HeavyTail = 20;

    public static NumberProfile? Of(FieldTally tally, double[] legitimate, double[] fraud)
    {
        if (legitimate.Length + fraud.Length == 0)
            return null;
        var edges = Edges(legitimate.Length > 0 ? legitimate : fraud, fraud);
        return new NumberProfile(tally.Min, tally.Max, tally.Mean, Distribution(legitimate, edges), Distribution(fraud, edges), edges);
    }

    static ImmutableArray<double> Edges(double[] sorted, double[] fraud)
    {
        var from = Math.Min(Quantile(sorted, 0.005), fraud.Length == 0 ? double.PositiveInfinity : Quantile(fraud, 0.005));
        var to = Math.Max(Quantile(sorted, 0.995), fraud.Length == 0 ? double.NegativeInfinity : Quantile(fraud, 0.995));
        if (to <= from)
            return [from];
        var least = Math.Max(from, to / 10_000);
        return from >= 0 && to > HeavyTail * Math.Max(Quantile(sorted, 0.5), least)
            ? [.. Enumerable.Range(0, Bins).Select(bin => bin == 0 ? from : least * Math.Pow(to / least, (double)bin / Bins)).Distinct()]
            : [.. Enumerable.Range(0, Bins).Select(bin => from + ((to - from) * bin / Bins))];
    }

    static NumberDistribution? Distribution(double[] sorted, ImmutableArray<double> edges)
    {
        if (sorted.Length == 0)
            return null;
        var shares = new double[edges.Length];
        foreach (var value in sorted)
        {
            var at = edges.BinarySearch(value);
            shares[Math.Max(0, at >= 0 ? at : ~at - 1)] += 1.0 / sorted.Length;
        }

        return new NumberDistribution(Quantile(sorted, 0.01), Quantile(sorted, 0.25), Quantile(sorted, 0.5), Quantile(sorted, 0.75), Quantile(sorted, 0.99), [.. shares]);
    }

    static double Quantile(double[] sorted, double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
}
