namespace FraudStreams.Model.Drift;

/// <summary>
/// Precision and recall as the scores alone let expect them, each with half the width of its 95% interval. Confidence-based performance estimation (CBPE): the
/// share of frauds at a score is taken from the reference, whose rows the version did not learn from. It sees other payments (covariate shift), and not that
/// frauds have come to look otherwise (concept drift): only labels tell that.
/// </summary>
/// <param name="Precision">0..1; null without predicted frauds.</param>
/// <param name="Recall">0..1; null where no fraud is to be expected.</param>
public sealed record PerformanceEstimate(double? Precision, double PrecisionError, double? Recall, double RecallError)
{
    const double Width = 1.96;

    /// <summary>The estimate of some payments.</summary>
    /// <param name="reference">What the scores were and meant.</param>
    /// <param name="scores">Payments by bin of the score.</param>
    /// <param name="threshold">From which score on a payment is predicted a fraud; the nearest edge of a bin stands for it.</param>
    public static PerformanceEstimate Of(DriftReference reference, ReadOnlySpan<long> scores, double threshold)
    {
        var (shares, rows) = SharesOf(reference);
        var first = reference.FirstAlertBin(threshold);
        double alerts = 0, caught = 0, missed = 0, caughtVariance = 0, missedVariance = 0;
        for (var bin = 1; bin < scores.Length; bin++)
        {
            // Of the payments themselves, and of the share, which is one of a limited number of rows; days of fraud differ more than chance.
            var spread = shares[bin] * (1 - shares[bin]) * reference.FraudDispersion;
            var variance = (scores[bin] * spread) + (scores[bin] * (double)scores[bin] * spread / Math.Max(1, rows[bin]));
            if (bin >= first)
                (alerts, caught, caughtVariance) = (alerts + scores[bin], caught + (scores[bin] * shares[bin]), caughtVariance + variance);
            else
                (missed, missedVariance) = (missed + (scores[bin] * shares[bin]), missedVariance + variance);
        }

        var all = caught + missed;
        return new PerformanceEstimate(
            alerts == 0 ? null : caught / alerts, alerts == 0 ? 0 : Width * Math.Sqrt(caughtVariance) / alerts,
            all == 0 ? null : caught / all, all == 0 ? 0 : Width * Math.Sqrt((missed * missed * caughtVariance) + (caught * caught * missedVariance)) / (all * all));
    }

    /// <summary>What the reference's rows really had, at a threshold.</summary>
    public static PredictedFrauds OfReference(DriftReference reference, double threshold)
    {
        var (first, scores) = (reference.FirstAlertBin(threshold), reference.Score.CountsOf(Enumerable.Range(0, DriftColumn.Hours)));
        long caught = 0, missed = 0, alerts = 0;
        for (var bin = 1; bin < scores.Length; bin++)
        {
            if (bin >= first)
                (caught, alerts) = (caught + reference.Frauds[bin], alerts + scores[bin]);
            else
                missed += reference.Frauds[bin];
        }

        return new PredictedFrauds(caught, missed, alerts - caught);
    }

    /// <summary>By bin, the share of frauds, made to increase with the score (pool adjacent violators), and how many rows it was taken from.</summary>
    static (double[] Shares, double[] Rows) SharesOf(DriftReference reference)
    {
        var score = reference.Score;
        var counts = Totals(score);
        var pools = new List<(int Bins, double Rows, double Frauds)>();
        for (var bin = 1; bin < score.Bins; bin++)
        {
            pools.Add((1, counts[bin], reference.Frauds[bin]));
            while (pools.Count > 1 && ShareOf(pools[^2]) >= ShareOf(pools[^1]))
            {
                var (last, before) = (pools[^1], pools[^2]);
                pools.RemoveRange(pools.Count - 2, 2);
                pools.Add((before.Bins + last.Bins, before.Rows + last.Rows, before.Frauds + last.Frauds));
            }
        }

        var (shares, rows, at) = (new double[score.Bins], new double[score.Bins], 1);
        foreach (var pool in pools)
        {
            for (var i = 0; i < pool.Bins; i++, at++)
                (shares[at], rows[at]) = (ShareOf(pool), pool.Rows);
        }

        return (shares, rows);

        static double ShareOf((int Bins, double Rows, double Frauds) pool) => pool.Rows == 0 ? 0 : pool.Frauds / pool.Rows;
    }

    static long[] Totals(DriftColumn column)
    {
        var totals = new long[column.Bins];
        for (var at = 0; at < column.Counts.Length; at++)
            totals[at % column.Bins] += column.Counts[at];
        return totals;
    }
}
