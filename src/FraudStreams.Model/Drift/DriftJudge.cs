using System.Collections.Immutable;
using System.Globalization;

namespace FraudStreams.Model.Drift;

/// <summary>
/// Compares what was counted with the reference, window by window. A finding is flagged by effect and significance together: Pearson's X², and of numbers
/// Wilcoxon's test, divided by the feature's dispersion against χ² (as Rao and Scott 1981 correct for clusters), with Holm's procedure over the findings of a window. An alarm is a finding
/// that is flagged in k of the last n windows.
/// </summary>
public static class DriftJudge
{
    /// <summary>The name of the finding of how payments are spread over the day.</summary>
    public const string TimeOfDayName = "time of day";

    const string AlertsName = "alerts", RecallName = "recall", PrecisionName = "precision";

    /// <summary>Compares the windows of a time.</summary>
    /// <param name="reference">The version's.</param>
    /// <param name="history">What was counted of the version.</param>
    /// <param name="threshold">From which score on a payment is predicted a fraud.</param>
    /// <param name="rules">When a difference is an alarm.</param>
    /// <param name="from">The first hour since 1970; null: from the beginning.</param>
    /// <param name="to">The hour before which windows end; null: the last window that is over.</param>
    public static DriftReport Judge(DriftReference reference, DriftHistory history, double threshold, DriftRules rules, long? from = null, long? to = null)
    {
        var windows = ImmutableArray.CreateBuilder<DriftWindow>();
        var end = Math.Min(to ?? long.MaxValue, history.Latest ?? 0);
        foreach (var hours in history.Hours.GroupBy(hour => Floor(hour.Key, rules.WindowHours)).Where(window => window.Key >= (from ?? long.MinValue) && window.Key + rules.WindowHours <= end))
        {
            if (Window(reference, history, threshold, rules, hours) is { } window)
                windows.Add(Confirmed(window, windows, rules));
        }

        return new DriftReport(history.Version, windows.ToImmutable(), AlarmsOf(windows, rules));
    }

    /// <summary>The first hour of the window that an hour lies in.</summary>
    public static long Floor(long hour, int windowHours) => hour - (((hour % windowHours) + windowHours) % windowHours);

    /// <summary>Null where it has too few payments.</summary>
    static DriftWindow? Window(DriftReference reference, DriftHistory history, double threshold, DriftRules rules, IGrouping<long, KeyValuePair<long, long[]>> hours)
    {
        var (counts, ofWeek) = (new long[reference.Counters], new HashSet<int>());
        foreach (var (hour, ofHour) in hours)
        {
            ofWeek.Add(DriftColumn.HourOfWeek(hour));
            for (var counter = 0; counter < counts.Length; counter++)
                counts[counter] += ofHour[counter];
        }

        var scores = counts.AsSpan(reference.Offsets[^1]).ToArray();
        var payments = DriftStatistics.Sum(scores);
        if (payments < rules.MinPayments)
            return null;
        var findings = new List<DriftFinding>();
        for (var column = 0; column < reference.Columns.Length; column++)
        {
            var of = reference.Columns[column];
            if (IsKnown(of))
                findings.Add(Compare(of, of.CountsOf(ofWeek), counts.AsSpan(reference.Offsets[column], of.Bins), reference.DayRows));
        }

        var first = reference.FirstAlertBin(threshold);
        findings.Add(TimeOfDay(reference, [.. hours.Select(hour => (hour.Key, DriftStatistics.Sum(hour.Value.AsSpan(reference.Offsets[^1]))))]));
        if (IsKnown(reference.Score))
            findings.Add(Alerts(reference, first, reference.Score.CountsOf(ofWeek), scores));
        var truth = history.Truths.TryGetValue((hours.Key, rules.WindowHours), out var known) ? known : (PredictedFrauds?)null;
        if (truth is { } labelled && IsKnown(reference.Score))
            findings.AddRange(Performance(reference, PerformanceEstimate.OfReference(reference, threshold), labelled));
        var significant = DriftStatistics.Holm([.. findings.Select(finding => finding.PValue)], rules.Level);
        return new DriftWindow(
            TimeOf(hours.Key), TimeOf(hours.Key + rules.WindowHours), payments, DriftStatistics.Sum(scores.AsSpan(first)),
            [
                .. findings.Select((finding, i) => finding.Effect >= rules.MinEffect && significant[i] ? finding with { IsFlagged = true } : finding with { What = null }),
            ],
            PerformanceEstimate.Of(reference, scores, threshold), truth);

        bool IsKnown(DriftColumn column) => history.IsWarm || hours.Key - history.First >= column.MemoryHours;
    }

    static DriftFinding Compare(DriftColumn column, long[] reference, ReadOnlySpan<long> current, double dayRows)
    {
        var (of, now) = DriftStatistics.Grouped(reference, current);
        if (column.Kind == DriftKind.Category)
            (of, now) = (reference, current.ToArray());
        var psi = DriftStatistics.PopulationStability(of, now);
        double? wasserstein = column.Kind == DriftKind.Number && column.Sigma > 0
            ? Math.Max(DriftStatistics.Wasserstein(column.Edges.AsSpan(), reference.AsSpan(1), current[1..]) / column.Sigma, DriftStatistics.RankWasserstein(reference.AsSpan(1), current[1..]))
            : null;
        double? jensenShannon = column.Kind == DriftKind.Number ? null : DriftStatistics.JensenShannon(of, now);
        var missing = ShareOf(current, 0);
        double? missingOrNone = column.Kind == DriftKind.Score ? null : missing;
        var effect = Math.Max(Math.Max(psi, Math.Abs(missing - ShareOf(reference, 0))), Math.Max(wasserstein ?? 0, jensenShannon ?? 0));
        return new DriftFinding(
            column.Name, effect, wasserstein, psi, jensenShannon, missingOrNone, PValueOf(column, reference, current, dayRows), false, false,
            DriftWords.Of(column, reference, current));
    }

    /// <summary>
    /// How payments are spread over the hours of the window that have any, beside the reference's same hours of the week: a clock that is set otherwise shows here,
    /// whatever the features are.
    /// </summary>
    static DriftFinding TimeOfDay(DriftReference reference, IReadOnlyList<(long Hour, long Payments)> hours)
    {
        var totals = new long[DriftColumn.Hours];
        for (var at = 0; at < reference.Score.Counts.Length; at++)
            totals[at / reference.Score.Bins] += reference.Score.Counts[at];
        var (of, now) = (new long[24], new long[24]);
        foreach (var (hour, payments) in hours)
        {
            var weekday = DriftColumn.HourOfWeek(hour) / 24;
            var isKnown = DriftStatistics.Sum(totals.AsSpan(weekday * 24, 24)) > 0;
            var hourOfDay = DriftColumn.HourOfWeek(hour) % 24;
            now[hourOfDay] += payments;
            of[hourOfDay] += isKnown ? totals[(weekday * 24) + hourOfDay] : Enumerable.Range(0, 7).Sum(day => totals[(day * 24) + hourOfDay]);
        }

        var most = Enumerable.Range(0, 24).MaxBy(hour => Math.Abs(ShareOf(now, hour) - ShareOf(of, hour)));
        var (psi, distance) = (DriftStatistics.PopulationStability(of, now), DriftStatistics.JensenShannon(of, now));
        return new DriftFinding(
            TimeOfDayName, Math.Max(psi, distance), null, psi, distance, null, PValueOf(of, now, reference.HourDispersion, reference.DayRows), false, false,
            string.Create(CultureInfo.InvariantCulture, $"{most:00}:00 to {most + 1:00}:00 UTC: {ShareOf(of, most):P1} → {ShareOf(now, most):P1} of payments"));
    }

    static DriftFinding Alerts(DriftReference reference, int first, long[] expected, long[] scores)
    {
        var (of, now) = (TwoOf(expected, first), TwoOf(scores, first));
        var (before, share) = (ShareOf(of, 1), ShareOf(now, 1));
        var effect = Math.Abs(Math.Log10((now[1] + 0.5) / (now[0] + now[1] + 1.0) / ((of[1] + 0.5) / (of[0] + of[1] + 1.0))));
        return new DriftFinding(
            AlertsName, effect, null, null, null, null, PValueOf(of, now, Math.Max(reference.FraudDispersion, reference.Score.Dispersion), reference.DayRows), false, false,
            string.Create(CultureInfo.InvariantCulture, $"{before:P2} of payments are predicted frauds → {share:P2}"));

        static long[] TwoOf(long[] scores, int first) => [DriftStatistics.Sum(scores.AsSpan(0, first)), DriftStatistics.Sum(scores.AsSpan(first))];
    }

    /// <summary>Only a fall is drift: nobody is to be woken by a better model.</summary>
    static IEnumerable<DriftFinding> Performance(DriftReference reference, PredictedFrauds before, PredictedFrauds now)
    {
        foreach (var (name, of, other, was, wasOther) in new[]
        {
            (RecallName, now.Caught, now.Missed, before.Caught, before.Missed), (PrecisionName, now.Caught, now.FalseAlerts, before.Caught, before.FalseAlerts),
        })
        {
            if (of + other == 0 || was + wasOther == 0)
                continue;
            var (share, shareBefore) = ((double)of / (of + other), (double)was / (was + wasOther));
            yield return new DriftFinding(
                name, Math.Max(0, shareBefore - share), null, null, null, null, share < shareBefore ? PValueOf([was, wasOther], [of, other], reference.FraudDispersion, reference.DayRows) : 1, false, false,
                string.Create(CultureInfo.InvariantCulture, $"{shareBefore:P1} → {share:P1}, by labels"));
        }
    }

    /// <summary>Of numbers and scores the smaller of two, for two tests: any change of bins, and a shift.</summary>
    static double PValueOf(DriftColumn column, ReadOnlySpan<long> reference, ReadOnlySpan<long> current, double dayRows)
    {
        var ofBins = PValueOf(reference, current, column.Dispersion, dayRows);
        if (column.Kind == DriftKind.Category)
            return ofBins;
        var ofRanks = DriftStatistics.UpperTail(DriftStatistics.RankSum(reference[1..], current[1..]) / Grown(column.RankDispersion, current, dayRows), 1);
        return Math.Min(1, 2 * Math.Min(ofBins, ofRanks));
    }

    /// <summary>What days vary beyond chance does not become less with more payments: the dispersion grows with them.</summary>
    static double PValueOf(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, double dispersion, double dayRows)
    {
        var (statistic, freedom) = DriftStatistics.ChiSquare(reference, current);
        return DriftStatistics.UpperTail(statistic / Grown(dispersion, current, dayRows), freedom);
    }

    static double Grown(double dispersion, ReadOnlySpan<long> current, double dayRows) => 1 + ((dispersion - 1) * Math.Max(1, DriftStatistics.Sum(current) / dayRows));

    static DriftWindow Confirmed(DriftWindow window, IReadOnlyList<DriftWindow> before, DriftRules rules) => window with
    {
        Findings =
        [
            .. window.Findings.Select(finding => finding with
            {
                IsAlarm = finding.IsFlagged && 1 + before.TakeLast(rules.Of - 1).Count(earlier => IsFlagged(earlier, finding.Name)) >= rules.Confirm,
            }),
        ],
    };

    static bool IsFlagged(DriftWindow window, string name) => window.Findings.Any(finding => finding.Name == name && finding.IsFlagged);

    static ImmutableArray<DriftAlarm> AlarmsOf(ImmutableArray<DriftWindow>.Builder windows, DriftRules rules)
    {
        var alarms = new List<DriftAlarm>();
        var open = new Dictionary<string, int>();
        DriftWindow? before = null;
        for (var at = 0; at < windows.Count; at++)
        {
            var window = windows[at];
            foreach (var finding in window.Findings)
            {
                if (finding.IsAlarm && open.TryGetValue(finding.Name, out var index))
                {
                    alarms[index] = alarms[index] with { Until = window.To };
                }
                else if (finding.IsAlarm)
                {
                    var first = Enumerable.Range(Math.Max(0, at - rules.Of + 1), Math.Min(at + 1, rules.Of)).First(earlier => IsFlagged(windows[earlier], finding.Name));
                    open[finding.Name] = alarms.Count;
                    alarms.Add(new DriftAlarm(finding.Name, windows[first].From, window.To, window.To, finding.Effect, finding.What ?? ""));
                }
                else if (!finding.IsFlagged && before is not null && !IsFlagged(before, finding.Name))
                {
                    // Over with the second window in a row that does not show it.
                    open.Remove(finding.Name);
                }
            }

            before = window;
        }

        return [.. alarms.OrderBy(alarm => alarm.ConfirmedAt).ThenBy(alarm => IsOutcome(alarm.Name)).ThenByDescending(alarm => alarm.Effect)];
    }

    /// <summary>Whether it follows from others, and names no cause.</summary>
    internal static bool IsOutcome(string name) => name is DriftReference.ScoreName or AlertsName or RecallName or PrecisionName;

    internal static double ShareOf(ReadOnlySpan<long> counts, int bin) => DriftStatistics.Sum(counts) is > 0 and var all ? counts[bin] / (double)all : 0;

    static DateTimeOffset TimeOf(long hour) => DateTimeOffset.FromUnixTimeSeconds(hour * 3600);
}
