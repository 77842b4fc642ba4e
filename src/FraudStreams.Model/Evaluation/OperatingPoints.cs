using System.Collections.Immutable;

namespace FraudStreams.Model.Evaluation;

/// <summary>The counts if rows with a score of at least <paramref name="Threshold"/> are predicted fraud.</summary>
/// <param name="Threshold">A score that occurs in the rows.</param>
/// <param name="TruePositives">Frauds at or above the threshold.</param>
/// <param name="FalsePositives">Other rows at or above the threshold.</param>
public readonly record struct OperatingPoint(double Threshold, long TruePositives, long FalsePositives)
{
    /// <summary>Rows at or above the threshold, at least 1.</summary>
    public long Alerts => TruePositives + FalsePositives;

    /// <summary>Share of the alerts that are fraud, 0..1.</summary>
    public double Precision => (double)TruePositives / Alerts;
}

/// <summary>A point of a precision-recall curve.</summary>
public readonly record struct CurvePoint(double Recall, double Precision);

/// <summary>The operating points of scored rows: one for each distinct score, descending.</summary>
public sealed class OperatingPoints
{
    OperatingPoints(ImmutableArray<OperatingPoint> points, long positives, long negatives)
    {
        Points = points;
        Positives = positives;
        Negatives = negatives;
    }

    /// <summary>By descending threshold, at least one.</summary>
    public ImmutableArray<OperatingPoint> Points { get; }

    /// <summary>Rows labelled 1.</summary>
    public long Positives { get; }

    /// <summary>Rows labelled 0.</summary>
    public long Negatives { get; }

    /// <summary>Sorts the rows by score and counts, in O(n log n).</summary>
    /// <param name="scores">One a row, any number but NaN; higher is more suspicious.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a score is NaN, or a label is not 0 or 1.</exception>
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
    /// <param name="rate">Highest false-positive rate, 0..1.</param>
    /// <returns>0..1; 0 without fraud, or if the highest score already exceeds the rate.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rate"/> is not in 0..1.</exception>
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

    /// <summary>The precision-recall curve at about equal steps of recall: at most 101 points, by ascending recall; none without fraud.</summary>
    public ImmutableArray<CurvePoint> PrecisionRecall()
    {
        var curve = ImmutableArray.CreateBuilder<CurvePoint>();
        var next = 0.0;
        foreach (var point in Positives == 0 ? [] : Points)
        {
            var recall = (double)point.TruePositives / Positives;
            if (recall < next)
                continue;
            curve.Add(new CurvePoint(recall, point.Precision));
            next = Math.Floor((recall * 100) + 1 + 1e-9) / 100;
        }
        return curve.ToImmutable();
    }

    /// <summary>The lowest threshold with at most so many alerts; null where already the highest score gives more.</summary>
    public OperatingPoint? WithAtMost(double alerts)
    {
        var (low, high) = (0, Points.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Points[middle].Alerts <= alerts ? (middle + 1, high) : (low, middle);
        }
        return low == 0 ? null : Points[low - 1];
    }
}
