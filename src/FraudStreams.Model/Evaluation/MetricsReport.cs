namespace FraudStreams.Model.Evaluation;

/// <summary>The metrics of a scorer on a set of labelled rows, with and without a threshold.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Frauds">Number of rows labelled 1.</param>
/// <param name="AveragePrecision"><see cref="Ranking.AveragePrecision"/>, 0..1; NaN without fraud.</param>
/// <param name="RocAuc"><see cref="Ranking.RocAuc"/>, 0..1; NaN if one of the classes has no row.</param>
/// <param name="Threshold">Rows with at least this score are predicted fraud.</param>
/// <param name="AtThreshold">The confusion matrix at the threshold, with precision, recall and F1.</param>
/// <param name="RecallAtLowFalsePositiveRate"><see cref="OperatingPoints.RecallAtFalsePositiveRate"/> at <see
/// cref="LowFalsePositiveRate"/>, 0..1.</param>
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
    /// <summary>One false positive in a thousand legitimate payments: about what a card issuer can accept.</summary>
    public const double LowFalsePositiveRate = 0.001;

    /// <summary>Computes all metrics of scored rows.</summary>
    /// <param name="scores">One probability a row, 0..1.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <param name="threshold">Any number but NaN.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a score is not in 0..1, a label is not 0 or 1, or the threshold is
    /// NaN.</exception>
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
