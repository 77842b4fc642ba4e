using System.Collections.Immutable;

namespace FraudStreams.Model.Evaluation;

/// <summary>The rows whose score lies between two bounds.</summary>
/// <param name="From">Lower bound, inclusive.</param>
/// <param name="To">Upper bound, exclusive except in the last bin.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="MeanScore">Mean score of the rows, 0..1; NaN without rows.</param>
/// <param name="FraudShare">Share of the rows labelled 1, 0..1; NaN without rows.</param>
public readonly record struct CalibrationBin(double From, double To, long Rows, double MeanScore, double FraudShare);

/// <summary>How well scores agree with observed fraud rates, that is, whether they can be read as probabilities.</summary>
/// <param name="Bins">Bins of equal width over 0..1, ascending: From ≤ score &lt; To, the last one including 1.</param>
/// <param name="BrierScore">Mean of (score − label)², 0..1, 0 is perfect (Brier 1950; scikit-learn's brier_score_loss).</param>
/// <param name="ExpectedCalibrationError">Mean over rows of |mean score − fraud share| of the row's bin, 0..1, 0 is perfect (Naeini, Cooper,
/// Hauskrecht 2015).</param>
public sealed record Calibration(ImmutableArray<CalibrationBin> Bins, double BrierScore, double ExpectedCalibrationError)
{
    /// <summary>Computes the calibration of scored rows.</summary>
    /// <param name="scores">One probability a row, 0..1.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <param name="bins">Number of bins, 1..1000.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a score is not in 0..1, a label is not 0 or 1, or
    /// <paramref name="bins"/> is out of range.</exception>
    public static Calibration Of(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, int bins = 10)
    {
        Scored.Check(scores, labels);
        if (bins is < 1 or > 1000) throw new ArgumentOutOfRangeException(nameof(bins), bins, "There can be 1..1000 bins.");
        var rows = new long[bins];
        var frauds = new long[bins];
        var sums = new double[bins];
        var squares = 0.0;
        for (var row = 0; row < scores.Length; row++)
        {
            var score = scores[row];
            if (score is < 0 or > 1)
                throw new ArgumentException($"The score of row {row} is {score}; calibration is about probabilities, 0..1.");
            var bin = Math.Min((int)(score * bins), bins - 1);
            rows[bin]++;
            frauds[bin] += labels[row];
            sums[bin] += score;
            squares += (score - labels[row]) * (score - labels[row]);
        }
        var result = ImmutableArray.CreateBuilder<CalibrationBin>(bins);
        var error = 0.0;
        for (var bin = 0; bin < bins; bin++)
        {
            var mean = rows[bin] == 0 ? double.NaN : sums[bin] / rows[bin];
            var share = rows[bin] == 0 ? double.NaN : (double)frauds[bin] / rows[bin];
            if (rows[bin] > 0) error += rows[bin] * Math.Abs(mean - share) / scores.Length;
            result.Add(new CalibrationBin((double)bin / bins, (bin + 1.0) / bins, rows[bin], mean, share));
        }
        return new Calibration(result.MoveToImmutable(), squares / scores.Length, error);
    }
}
