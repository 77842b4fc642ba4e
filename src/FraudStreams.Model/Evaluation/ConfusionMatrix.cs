namespace FraudStreams.Model.Evaluation;

/// <summary>
/// Row counts by label and prediction; a row is predicted fraud if its score is at least the threshold. A ratio with denominator 0 is 0
/// (scikit-learn's zero_division=0).
/// </summary>
/// <param name="TruePositives">Fraud, predicted fraud.</param>
/// <param name="FalsePositives">Not fraud, predicted fraud.</param>
/// <param name="TrueNegatives">Not fraud, not predicted fraud.</param>
/// <param name="FalseNegatives">Fraud, not predicted fraud.</param>
public sealed record ConfusionMatrix(long TruePositives, long FalsePositives, long TrueNegatives, long FalseNegatives)
{
    /// <summary>Share of the predicted frauds that are fraud: TP / (TP + FP), 0..1.</summary>
    public double Precision => Share(TruePositives, TruePositives + FalsePositives);

    /// <summary>Share of the frauds that are predicted: TP / (TP + FN), 0..1.</summary>
    public double Recall => Share(TruePositives, TruePositives + FalseNegatives);

    /// <summary>Share of the other rows that are predicted fraud: FP / (FP + TN), 0..1.</summary>
    public double FalsePositiveRate => Share(FalsePositives, FalsePositives + TrueNegatives);

    /// <summary>Harmonic mean of precision and recall, 0..1.</summary>
    public double F1 => Share(2 * TruePositives, 2 * TruePositives + FalsePositives + FalseNegatives);

    /// <summary>Counts the rows at a threshold.</summary>
    /// <param name="threshold">Any number but NaN, on the scale of the scores.</param>
    /// <param name="scores">One a row.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a label is not 0 or 1, or a score or the threshold is NaN.</exception>
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
