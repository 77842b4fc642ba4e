using System.Collections.Immutable;

namespace FraudStreams.Model.Evaluation;

/// <summary>Rows whose score lies between two bounds.</summary>
/// <param name="From">Lower bound, included.</param>
/// <param name="To">Upper bound, included in the last bin only.</param>
/// <param name="Rows">How many.</param>
/// <param name="MeanScore">Mean score of the rows; NaN without rows.</param>
/// <param name="FraudShare">Share of them that is fraud; NaN without rows.</param>
public readonly record struct CalibrationBin(double From, double To, long Rows, double MeanScore, double FraudShare);

/// <summary>Whether scores can be taken for probabilities.</summary>
/// <param name="Bins">Equal widths over 0..1; a bin holds From ≤ score &lt; To, and the last also 1.</param>
/// <param name="BrierScore">Mean of (score − label)²: 0 is perfect (Brier 1950; scikit-learn's brier_score_loss).</param>
/// <param name="ExpectedCalibrationError">Mean over rows of |mean score − share of fraud| of their bin: 0..1 (Naeini, Cooper, Hauskrecht
/// 2015).</param>
public sealed record Calibration(ImmutableArray<CalibrationBin> Bins, double BrierScore, double ExpectedCalibrationError)
{
    /// <param name="scores">Probabilities, 0..1.</param>
    /// <param name="bins">How many, 1..1000.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, or a score is not in 0..1.</exception>
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
        var made = ImmutableArray.CreateBuilder<CalibrationBin>(bins);
        var error = 0.0;
        for (var bin = 0; bin < bins; bin++)
        {
            var mean = rows[bin] == 0 ? double.NaN : sums[bin] / rows[bin];
            var share = rows[bin] == 0 ? double.NaN : (double)frauds[bin] / rows[bin];
            if (rows[bin] > 0) error += rows[bin] * Math.Abs(mean - share) / scores.Length;
            made.Add(new CalibrationBin((double)bin / bins, (bin + 1.0) / bins, rows[bin], mean, share));
        }
        return new Calibration(made.MoveToImmutable(), squares / scores.Length, error);
    }
}
