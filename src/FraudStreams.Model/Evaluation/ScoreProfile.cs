using System.Collections.Immutable;

namespace FraudStreams.Model.Evaluation;

/// <summary>What a cut-off gives.</summary>
/// <param name="AlertsADay">At most so many were asked for.</param>
/// <param name="Point">The lowest threshold that gives no more.</param>
/// <param name="Recall">Share of the frauds at or above it, 0..1.</param>
public sealed record CutOffPoint(double AlertsADay, OperatingPoint Point, double Recall);

/// <summary>The metrics of some days.</summary>
/// <param name="From">Unix milliseconds of the first moment.</param>
/// <param name="Alerts">Payments at or above the threshold.</param>
/// <param name="AveragePrecision">0..1; NaN without fraud.</param>
/// <param name="Precision">At the threshold, 0..1; NaN without alerts.</param>
/// <param name="Recall">At the threshold, 0..1; NaN without fraud.</param>
public sealed record PeriodMetrics(long From, long Payments, long Frauds, long Alerts, double AveragePrecision, double Precision, double Recall);

/// <summary>How scores and labels lie to each other, in as few numbers as charts need.</summary>
/// <param name="Curve">Precision by recall; empty without fraud.</param>
/// <param name="Calibration">In ten bins.</param>
/// <param name="Legitimate">Rows labelled 0 by score, in <see cref="Bins"/> bins of equal width.</param>
/// <param name="Frauds">Rows labelled 1, likewise.</param>
/// <param name="CutOffs">By ascending alerts a day, none above all payments.</param>
/// <param name="DaysInPeriod">Length of each period: 1, 7 or 28.</param>
/// <param name="Periods">By time; those without a payment are left out.</param>
public sealed record ScoreProfile(
    ImmutableArray<CurvePoint> Curve, Calibration Calibration, ImmutableArray<long> Legitimate, ImmutableArray<long> Frauds, ImmutableArray<CutOffPoint> CutOffs,
    int DaysInPeriod, ImmutableArray<PeriodMetrics> Periods)
{
    /// <summary>Bins of the distributions of scores.</summary>
    public const int Bins = 20;

    const int MostPeriods = 45;
    const double Day = 86_400_000;

    static readonly double[] s_alertsADay = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

    /// <summary>Computes the profile of scored rows.</summary>
    /// <param name="scores">One probability a row, 0..1.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <param name="times">One a row: Unix milliseconds, ascending.</param>
    /// <param name="threshold">Rows with at least this score are alerts.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is no row, a score is not in 0..1, or a label is not 0 or 1.</exception>
    public static ScoreProfile Of(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<long> times, double threshold)
    {
        if (times.Length != scores.Length)
            throw new ArgumentException($"There are {scores.Length} scores and {times.Length} times; each row needs both.");
        var points = OperatingPoints.Of(scores, labels);
        var calibration = Calibration.Of(scores, labels);
        var byLabel = new long[2][];
        (byLabel[0], byLabel[1]) = (new long[Bins], new long[Bins]);
        for (var row = 0; row < scores.Length; row++)
            byLabel[labels[row]][Math.Min((int)(scores[row] * Bins), Bins - 1)]++;
        var days = Math.Max(1, (times[^1] - times[0]) / Day);
        var length = days <= MostPeriods ? 1 : days <= MostPeriods * 7 ? 7 : 28;
        return new ScoreProfile(
            points.PrecisionRecall(), calibration, [.. byLabel[0]], [.. byLabel[1]],
            [
                .. s_alertsADay.Where(alerts => alerts * days <= points.Positives + points.Negatives)
                    .Select(alerts => (Alerts: alerts, Point: points.WithAtMost(alerts * days)))
                    .Where(cut => cut.Point is not null)
                    .Select(cut => new CutOffPoint(cut.Alerts, cut.Point!.Value, points.Positives == 0 ? double.NaN : (double)cut.Point.Value.TruePositives / points.Positives)),
            ],
            length, PeriodsOf(scores, labels, times, threshold, length));
    }

    static ImmutableArray<PeriodMetrics> PeriodsOf(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<long> times, double threshold, int days)
    {
        var periods = ImmutableArray.CreateBuilder<PeriodMetrics>();
        var length = (long)(days * Day);

        // From midnight (UTC) of the first day on.
        var first = times[0] - (((times[0] % (long)Day) + (long)Day) % (long)Day);
        for (var row = 0; row < times.Length;)
        {
            var (from, period) = (row, (times[row] - first) / length);
            while (row < times.Length && (times[row] - first) / length == period)
                row++;
            var some = scores[from..row];
            var known = labels[from..row];
            var matrix = ConfusionMatrix.At(threshold, some, known);
            var frauds = known.Count((byte)1);
            var alerts = matrix.TruePositives + matrix.FalsePositives;
            periods.Add(new PeriodMetrics(
                first + (period * length), row - from, frauds, alerts, frauds == 0 ? double.NaN : Ranking.AveragePrecision(some, known),
                alerts == 0 ? double.NaN : matrix.Precision, frauds == 0 ? double.NaN : matrix.Recall));
        }

        return periods.ToImmutable();
    }
}
