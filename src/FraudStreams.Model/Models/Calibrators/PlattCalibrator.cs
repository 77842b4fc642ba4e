using System.Text.Json.Nodes;

namespace FraudStreams.Model.Models.Calibrators;

/// <summary>
/// A logistic function of the score's log-odds, with a slope and an intercept (Platt 1999), fitted by Newton's method on smoothed labels as Lin, Lin and Weng
/// (2007) propose.
/// </summary>
public sealed class PlattCalibrator : ScoreCalibrator
{
    /// <summary>Scores of 0 and 1 have no log-odds.</summary>
    const double Smallest = 1e-15;

    const int MaxSteps = 100;
    const double Converged = 1e-12;

    PlattCalibrator(double slope, double intercept) => (Slope, Intercept) = (slope, intercept);

    /// <summary>Above 0; 1 leaves log-odds as they are, less makes them less sure.</summary>
    public double Slope { get; }

    /// <summary>In log-odds.</summary>
    public double Intercept { get; }

    /// <inheritdoc/>
    public override CalibrationMethod Method => CalibrationMethod.Platt;

    /// <inheritdoc/>
    public override double Apply(double score) => 1 / (1 + Math.Exp(-((Slope * LogOdds(score)) + Intercept)));

    internal static PlattCalibrator Of(double slope, double intercept) => double.IsFinite(slope) && slope > 0 && double.IsFinite(intercept)
        ? new PlattCalibrator(slope, intercept)
        : throw new ModelFormatException($"its calibration has the slope {slope} and the intercept {intercept}; the slope is above 0");

    internal static PlattCalibrator Fit(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var frauds = labels.Count((byte)1);
        var (ofFraud, ofOther) = ((frauds + 1.0) / (frauds + 2.0), 1.0 / (labels.Length - frauds + 2.0));
        var logOdds = new double[scores.Length];
        for (var row = 0; row < scores.Length; row++)
            logOdds[row] = LogOdds(scores[row]);
        var targets = new double[scores.Length];
        for (var row = 0; row < targets.Length; row++)
            targets[row] = labels[row] == 1 ? ofFraud : ofOther;

        var (slope, intercept) = (1.0, 0.0);
        var loss = Loss(logOdds, targets, slope, intercept);
        for (var step = 0; step < MaxSteps; step++)
        {
            var (toSlope, toIntercept) = NewtonStep(logOdds, targets, slope, intercept);
            var (length, next) = (1.0, double.PositiveInfinity);
            for (; length > 1e-10; length /= 2)
            {
                next = Loss(logOdds, targets, slope - (length * toSlope), intercept - (length * toIntercept));
                if (next <= loss)
                    break;
            }

            if (!(next <= loss))
                break;
            (slope, intercept) = (slope - (length * toSlope), intercept - (length * toIntercept));
            if (loss - next <= Converged * loss)
                break;
            loss = next;
        }

        return slope > 0
            ? new PlattCalibrator(slope, intercept)
            : throw new ArgumentException("Among the rows of the calibration higher scores have less fraud than lower ones: the model does not rank them.");
    }

    static double LogOdds(double score) => Math.Log(Math.Clamp(score, Smallest, 1 - Smallest) / (1 - Math.Clamp(score, Smallest, 1 - Smallest)));

    static double Loss(double[] logOdds, double[] targets, double slope, double intercept)
    {
        var sum = 0.0;
        for (var row = 0; row < logOdds.Length; row++)
        {
            var margin = (slope * logOdds[row]) + intercept;
            // t·log(1 + e^−m) + (1 − t)·log(1 + e^m) without overflow.
            sum += Math.Max(margin, 0) - (targets[row] * margin) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
        }

        return sum;
    }

    static (double Slope, double Intercept) NewtonStep(double[] logOdds, double[] targets, double slope, double intercept)
    {
        // A small ridge keeps the matrix regular where all scores are alike.
        double aa = 1e-12, ab = 0, bb = 1e-12, a = 0, b = 0;
        for (var row = 0; row < logOdds.Length; row++)
        {
            var p = 1 / (1 + Math.Exp(-((slope * logOdds[row]) + intercept)));
            var (error, curvature) = (p - targets[row], p * (1 - p));
            a += error * logOdds[row];
            b += error;
            aa += curvature * logOdds[row] * logOdds[row];
            ab += curvature * logOdds[row];
            bb += curvature;
        }

        var determinant = (aa * bb) - (ab * ab);
        return (((bb * a) - (ab * b)) / determinant, ((aa * b) - (ab * a)) / determinant);
    }

    internal override JsonObject ToJson() => new() { ["method"] = "platt", ["slope"] = Slope, ["intercept"] = Intercept };
}
