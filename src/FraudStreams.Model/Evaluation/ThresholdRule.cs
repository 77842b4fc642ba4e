namespace FraudStreams.Model.Evaluation;

/// <summary>
/// How the threshold is chosen from the scores of validation rows. A chosen threshold is a score that occurs, so payments at it are alerts;
/// where no threshold satisfies the rule, the result is above every score and nothing is an alert.
/// </summary>
public abstract record ThresholdRule
{
    ThresholdRule() { }

    /// <summary>The lowest threshold that gives at most so many alerts a day on average.</summary>
    /// <param name="Alerts">Above 0; fractions mean less than one a day.</param>
    public sealed record AlertsADay(double Alerts) : ThresholdRule;

    /// <summary>The lowest threshold at which at least this share of alerts is fraud: the most frauds at that precision.</summary>
    /// <param name="Share">Above 0, at most 1.</param>
    public sealed record Precision(double Share) : ThresholdRule;

    /// <summary>
    /// The threshold with the lowest cost: an alert costs its check, a fraud without alert its loss. Equal costs: the higher threshold.
    /// </summary>
    /// <param name="OfAlert">Above 0, in any unit of money.</param>
    /// <param name="OfMissedFraud">Above 0, in the same unit.</param>
    public sealed record Cost(double OfAlert, double OfMissedFraud) : ThresholdRule;

    /// <summary>Chooses a threshold.</summary>
    /// <param name="scores">Scores of validation rows: later than the training rows, and not among them.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="times">One a row, milliseconds since 1970-01-01 UTC, any order; only alerts a day need them. Days are the time between
    /// first and last, at least one.</param>
    /// <exception cref="ArgumentException">The rule's numbers make no sense, or the rows do not fit.</exception>
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
