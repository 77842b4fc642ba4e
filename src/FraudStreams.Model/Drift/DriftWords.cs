using System.Globalization;

namespace FraudStreams.Model.Drift;

/// <summary>What changed most in a histogram, in words. Values of the features, which are aggregates; never one payment's.</summary>
static class DriftWords
{
    const double MissingMatters = 0.02;

    public static string Of(DriftColumn column, ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (before, now) = (DriftJudge.ShareOf(reference, 0), DriftJudge.ShareOf(current, 0));
        if (column.Kind != DriftKind.Category && Math.Abs(now - before) >= MissingMatters)
            return string.Create(CultureInfo.InvariantCulture, $"missing {before:P1} → {now:P1}");
        return column.Kind == DriftKind.Category ? Category(column, reference, current) : Number(column, reference, current);
    }

    static string Category(DriftColumn column, ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (most, change) = (0, 0.0);
        for (var bin = 0; bin < column.Bins; bin++)
        {
            var of = Math.Abs(DriftJudge.ShareOf(current, bin) - DriftJudge.ShareOf(reference, bin));
            (most, change) = of > change ? (bin, of) : (most, change);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{DriftDistribution.NameOf(column, most)}: {DriftJudge.ShareOf(reference, most):P1} → {DriftJudge.ShareOf(current, most):P1}");
    }

    static string Number(DriftColumn column, ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (column.IsSecret)
            return "secret values are distributed otherwise";
        if (column.Edges.IsEmpty)
            return "values where there were none";
        var (low, high) = (DriftJudge.ShareOf(current, 1) - DriftJudge.ShareOf(reference, 1), DriftJudge.ShareOf(current, column.Bins - 1) - DriftJudge.ShareOf(reference, column.Bins - 1));
        if (Math.Max(low, high) > 0.25)
        {
            return high >= low
                ? string.Create(CultureInfo.InvariantCulture, $"from {column.Edges[^1]:0.####} on: {DriftJudge.ShareOf(reference, column.Bins - 1):P1} → {DriftJudge.ShareOf(current, column.Bins - 1):P1}")
                : string.Create(CultureInfo.InvariantCulture, $"below {column.Edges[0]:0.####}: {DriftJudge.ShareOf(reference, 1):P1} → {DriftJudge.ShareOf(current, 1):P1}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"median {MedianOf(column, reference[1..]):0.####} → {MedianOf(column, current[1..]):0.####}, mean {MeanOf(column, reference[1..]):0.####} → {MeanOf(column, current[1..]):0.####}");
    }

    /// <summary>Between edges, as if values were spread evenly.</summary>
    static double MedianOf(DriftColumn column, ReadOnlySpan<long> counts)
    {
        var (half, sum) = (DriftStatistics.Sum(counts) / 2.0, 0L);
        for (var bin = 0; bin < counts.Length; bin++)
        {
            if (sum + counts[bin] >= half && counts[bin] > 0)
            {
                var (from, to) = RangeOf(column, bin);
                return from + ((to - from) * (half - sum) / counts[bin]);
            }

            sum += counts[bin];
        }

        return double.NaN;
    }

    static double MeanOf(DriftColumn column, ReadOnlySpan<long> counts)
    {
        var sum = 0.0;
        for (var bin = 0; bin < counts.Length; bin++)
        {
            var (from, to) = RangeOf(column, bin);
            sum += counts[bin] * (from + to) / 2;
        }

        return sum / DriftStatistics.Sum(counts);
    }

    /// <summary>What lies outside counts as lying on the outer edges.</summary>
    static (double From, double To) RangeOf(DriftColumn column, int bin) =>
        (column.Edges[Math.Max(0, bin - 1)], column.Edges[Math.Min(column.Edges.Length - 1, bin)]);
}
