namespace FraudStreams.Model.Evaluation;

/// <summary>How good a scorer is on a set of rows, and what its threshold makes of them.</summary>
/// <param name="Rows">Rows measured.</param>
/// <param name="Frauds">Of them labelled 1.</param>
/// <param name="AveragePrecision"><see cref="Ranking.AveragePrecision"/>; NaN without fraud.</param>
/// <param name="RocAuc"><see cref="Ranking.RocAuc"/>; NaN where a class has no row.</param>
/// <param name="Threshold">Rows of at least this score are called fraud.</param>
/// <param name="AtThreshold">The confusion matrix there, with precision, recall and F1.</param>
/// <param name="RecallAtLowFalsePositiveRate"><see cref="OperatingPoints.RecallAtFalsePositiveRate"/> at <see
/// cref="LowFalsePositiveRate"/>.</param>
/// <param name="Calibration">In ten bins.</param>
public sealed record MetricsReport(
    int Rows,
    int Frauds,
    double AveragePrecision,
    double RocAuc,
    double Threshold,
    ConfusionMatrix AtThreshold,
    double RecallAtLowFalsePositiveRate,
    Calibration Calibration)
{
    /// <summary>One false alarm in a thousand honest payments: about what a card issuer can live with.</summary>
    public const double LowFalsePositiveRate = 0.001;

    /// <param name="scores">Probabilities, 0..1.</param>
    /// <param name="labels">One a row, 0 or 1.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, or a score is not in 0..1.</exception>
    public static MetricsReport Of(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, double threshold)
    {
        var matrix = ConfusionMatrix.At(threshold, scores, labels);
        var frauds = labels.Count((byte)1);
        return new MetricsReport(
            scores.Length,
            frauds,
            frauds == 0 ? double.NaN : Ranking.AveragePrecision(scores, labels),
            frauds == 0 || frauds == scores.Length ? double.NaN : Ranking.RocAuc(scores, labels),
            threshold,
            matrix,
            OperatingPoints.Of(scores, labels).RecallAtFalsePositiveRate(LowFalsePositiveRate),
            Calibration.Of(scores, labels));
    }
}
