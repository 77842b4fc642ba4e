namespace FraudStreams.Model.Evaluation;

/// <summary>
/// Rows by what they are and what was said of them; a row is called fraud where its score is at least the threshold.
/// Ratios whose denominator is 0 are 0 (scikit-learn's zero_division=0).
/// </summary>
/// <param name="TruePositives">Fraud, called fraud.</param>
/// <param name="FalsePositives">Not fraud, called fraud.</param>
/// <param name="TrueNegatives">Not fraud, not called fraud.</param>
/// <param name="FalseNegatives">Fraud, not called fraud.</param>
public sealed record ConfusionMatrix(long TruePositives, long FalsePositives, long TrueNegatives, long FalseNegatives)
{
    /// <summary>Of the rows called fraud, the share that is: 0..1.</summary>
    public double Precision => Share(TruePositives, TruePositives + FalsePositives);

    /// <summary>Of the frauds, the share that is called so: 0..1.</summary>
    public double Recall => Share(TruePositives, TruePositives + FalseNegatives);

    /// <summary>Of the rest, the share that is called fraud: 0..1.</summary>
    public double FalsePositiveRate => Share(FalsePositives, FalsePositives + TrueNegatives);

    /// <summary>Harmonic mean of precision and recall: 0..1.</summary>
    public double F1 => Share(2 * TruePositives, 2 * TruePositives + FalsePositives + FalseNegatives);

    /// <summary>Counts the rows at a threshold.</summary>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, or a score or the threshold is NaN.</exception>
    public static ConfusionMatrix At(double threshold, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        Scored.Check(scores, labels);
        if (double.IsNaN(threshold)) throw new ArgumentException("The threshold is NaN.");
        long tp = 0, fp = 0, positives = 0;
        for (var row = 0; row < scores.Length; row++)
        {
            positives += labels[row];
            if (scores[row] < threshold) continue;
            if (labels[row] == 1) tp++;
            else fp++;
        }
        return new ConfusionMatrix(tp, fp, scores.Length - positives - fp, positives - tp);
    }

    static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
