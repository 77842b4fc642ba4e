namespace FraudStreams.Model.Evaluation;

/// <summary>
/// A rule that chooses the threshold from the scores of validation rows. A chosen threshold is a score that occurs, and payments at the
/// threshold are alerts. If no threshold satisfies the rule, the result is above every score, so that nothing is an alert.
/// </summary>
public abstract record ThresholdRule
{
    ThresholdRule() { }

    /// <summary>The lowest threshold with at most this many alerts a day on average.</summary>
    /// <param name="Alerts">Above 0, finite; below 1 is less than one alert a day.</param>
    public sealed record AlertsADay(double Alerts) : ThresholdRule;

    /// <summary>The lowest threshold with at least this precision, that is, the highest recall at the precision.</summary>
    /// <param name="Share">Above 0, at most 1.</param>
    public sealed record Precision(double Share) : ThresholdRule;

    /// <summary>
    /// The threshold with the lowest total cost: each alert costs its check, each missed fraud its loss. Ties go to the higher threshold.
    /// </summary>
    /// <param name="OfAlert">Above 0, finite, in any currency.</param>
    /// <param name="OfMissedFraud">Above 0, finite, in the same currency.</param>
    public sealed record Cost(double OfAlert, double OfMissedFraud) : ThresholdRule;

    /// <summary>Chooses a threshold.</summary>
    /// <param name="scores">One a validation row. Validation rows are later than the training rows.</param>
    /// <param name="labels">One a row: 1 is fraud, 0 is not.</param>
    /// <param name="times">One a row, Unix milliseconds, in any order; only <see cref="AlertsADay"/> needs them. The number of days is the time
    /// from the first to the last, at least one.</param>
    /// <returns>A score that occurs, or a number just above all of them if none satisfies the rule.</returns>
    /// <exception cref="ArgumentException">A number of the rule is out of range, lengths differ, there is no row, a score is NaN, or a label is
    /// not 0 or 1.</exception>
    public double Choose(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<long> times = default)
    {
        var points = OperatingPoints.Of(scores, labels);
        var threshold = this switch
        {
            AlertsADay rule => ForAlerts(points, Above0(rule.Alerts, "alerts a day") * Days(times, scores.Length)),
            Precision rule => ForPrecision(points, UpTo1(rule.Share, "precision")),
            Cost rule => ForCost(points, Above0(rule.OfAlert, "cost of an alert"), Above0(rule.OfMissedFraud, "cost of a missed fraud")),
            _ => throw new InvalidOperationException($"There is no way to choose by {GetType().Name}."),
        };
        return threshold ?? Math.BitIncrement(points.Points[0].Threshold);
    }

    static double? ForAlerts(OperatingPoints points, double most)
    {
        double? chosen = null;
        foreach (var point in points.Points)
            if (point.Alerts <= most) chosen = point.Threshold;
            else break;
        return chosen;
    }

    static double? ForPrecision(OperatingPoints points, double least)
    {
        double? chosen = null;
        foreach (var point in points.Points)
            if (point.Precision >= least) chosen = point.Threshold;
        return chosen;
    }

    static double? ForCost(OperatingPoints points, double ofAlert, double ofMissed)
    {
        double? chosen = null;
        var lowest = points.Positives * ofMissed;
        foreach (var point in points.Points)
        {
            var cost = point.Alerts * ofAlert + (points.Positives - point.TruePositives) * ofMissed;
            if (cost >= lowest) continue;
            (lowest, chosen) = (cost, point.Threshold);
        }
        return chosen;
    }

    static double Days(ReadOnlySpan<long> times, int rows)
    {
        if (times.Length != rows)
            throw new ArgumentException($"Alerts a day need the time of each of {rows} rows; there are {times.Length}.");
        long first = times[0], last = times[0];
        foreach (var time in times)
        {
            first = Math.Min(first, time);
            last = Math.Max(last, time);
        }
        return Math.Max(1, (last - first) / 86_400_000.0);
    }

    static double UpTo1(double value, string what) => value is > 0 and <= 1 ? value : throw Wrong(what, value, "above 0, at most 1");

    static double Above0(double value, string what) => double.IsFinite(value) && value > 0 ? value : throw Wrong(what, value, "above 0");

    static ArgumentException Wrong(string what, double value, string range) => new($"The {what} is {value}; it must be {range}.");
}
