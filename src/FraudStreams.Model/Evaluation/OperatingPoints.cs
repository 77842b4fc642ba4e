using System.Collections.Immutable;

namespace FraudStreams.Model.Evaluation;

/// <summary>What holds if a row is called fraud where its score is at least <paramref name="Threshold"/>.</summary>
/// <param name="TruePositives">Frauds at or above it.</param>
/// <param name="FalsePositives">Other rows at or above it.</param>
public readonly record struct OperatingPoint(double Threshold, long TruePositives, long FalsePositives)
{
    /// <summary>Rows at or above the threshold.</summary>
    public long Alerts => TruePositives + FalsePositives;

    /// <summary>Share of the alerts that are fraud; a point has at least one alert.</summary>
    public double Precision => (double)TruePositives / Alerts;
}

/// <summary>Every threshold that makes a difference: one point a distinct score, from the highest down.</summary>
public sealed class OperatingPoints
{
    OperatingPoints(ImmutableArray<OperatingPoint> points, long positives, long negatives)
    {
        Points = points;
        Positives = positives;
        Negatives = negatives;
    }

    /// <summary>From the highest threshold down, at least one.</summary>
    public ImmutableArray<OperatingPoint> Points { get; }

    /// <summary>All frauds.</summary>
    public long Positives { get; }

    /// <summary>All other rows.</summary>
    public long Negatives { get; }

    /// <summary>Sorts the rows by score: n log n.</summary>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, or a score is NaN.</exception>
    public static OperatingPoints Of(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        Scored.Check(scores, labels);
        var sorted = scores.ToArray();
        var sortedLabels = labels.ToArray();
        Array.Sort(sorted, sortedLabels);
        var points = ImmutableArray.CreateBuilder<OperatingPoint>();
        long tp = 0, fp = 0;
        for (var row = sorted.Length - 1; row >= 0; row--)
        {
            if (sortedLabels[row] == 1) tp++;
            else fp++;
            if (row == 0 || sorted[row - 1] != sorted[row]) points.Add(new OperatingPoint(sorted[row], tp, fp));
        }
        return new OperatingPoints(points.ToImmutable(), tp, fp);
    }

    /// <summary>
    /// The highest recall at a false-positive rate of at most <paramref name="rate"/>, over thresholds at distinct scores
    /// (a point of scikit-learn's roc_curve, not interpolated).
    /// </summary>
    /// <param name="rate">0..1.</param>
    /// <returns>0..1; 0 where even the highest score costs more false positives.</returns>
    public double RecallAtFalsePositiveRate(double rate)
    {
        if (!(rate is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(rate), rate, "A false-positive rate is 0..1.");
        if (Positives == 0) return 0;
        var found = 0L;
        foreach (var point in Points)
            if (point.FalsePositives <= rate * Negatives) found = point.TruePositives;
            else break;
        return (double)found / Positives;
    }
}
