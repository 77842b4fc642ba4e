using System.Collections.Immutable;
using FraudStreams.Model.Reports;
using static FraudStreams.Model.Reports.ReportText;

namespace FraudStreams.Model.Drift;

/// <summary>The report of `drift`: alarms, what each feature did over the windows, the distributions that moved most, precision and recall (<see cref="HtmlReport"/>).</summary>
public static class DriftHtml
{
    /// <summary>Distributions are drawn of so many features: those that moved most.</summary>
    const int Drawn = 6;

    /// <summary>The document.</summary>
    /// <param name="report">What was judged.</param>
    /// <param name="reference">What the version was validated on.</param>
    /// <param name="history">What was counted of it.</param>
    /// <param name="rules">What was judged by.</param>
    public static string Write(DriftReport report, DriftReference reference, DriftHistory history, DriftRules rules)
    {
        var html = new HtmlReport($"Drift of {report.ModelVersion}");
        if (report.Windows.IsEmpty)
            return html.Text($"No window of {rules.WindowHours} h with at least {Count(rules.MinPayments)} payments is over.").ToHtml();
        var last = report.Windows[^1];
        html.Text($"{Count(report.Windows.Sum(window => window.Payments))} payments of {Time(report.Windows[0].From)} to {Time(last.To)} UTC in {Count(report.Windows.Length)} windows of {rules.WindowHours} h, beside what the version was validated on, in the same hours of the week. An alarm needs an effect of at least {Number(rules.MinEffect)} and significance in {rules.Confirm} of {rules.Of} windows.");
        html.Section("Alarms");
        if (report.Alarms.IsEmpty)
            html.Text("None.");
        html.Table(new ReportTable(
            "Alarms", ["feature", "what changed", "since", "confirmed", "until", "effect"],
            [.. report.Alarms.Select(alarm => (ImmutableArray<string>)[alarm.Name, alarm.What, Time(alarm.Since), Time(alarm.ConfirmedAt), Time(alarm.Until), Number(alarm.Effect)])])
        {
            TextColumns = 5,
        });
        var findings = report.Latest.OrderByDescending(finding => finding.IsAlarm).ThenByDescending(finding => finding.Effect).ToArray();
        html.Section("Features and score").Table(new ReportTable(
            "The newest window of each", ["feature", "", "effect", "Wasserstein/σ", "PSI", "Jensen-Shannon", "missing", "p"],
            [
                .. findings.Select(finding => (ImmutableArray<string>)
                [
                    finding.Name, finding.IsAlarm ? "alarm" : finding.IsFlagged ? "flagged" : "quiet", Number(finding.Effect), Number(finding.Wasserstein ?? double.NaN), Number(finding.Psi ?? double.NaN),
                    Number(finding.JensenShannon ?? double.NaN), Share(finding.Missing ?? double.NaN), Number(finding.PValue),
                ]),
            ])
        {
            TextColumns = 2,
        });
        foreach (var finding in findings.Take(Drawn))
            html.Charts([Effects(report, finding.Name, rules), .. Distribution(finding.Name, DriftDistribution.Of(reference, history, finding.Name, last))]);
        return html.Section("Precision and recall")
            .Text("Estimated from the scores, with 95% intervals, and by labels where they have come. An estimate does not see that frauds have come to look otherwise: only labels tell that.")
            .Charts(
                Performance("Precision", report, window => (window.Estimate.Precision, window.Estimate.PrecisionError, window.Truth?.Precision)),
                Performance("Recall", report, window => (window.Estimate.Recall, window.Estimate.RecallError, window.Truth?.Recall)))
            .ToHtml();
    }

    static LineChart Effects(DriftReport report, string name, DriftRules rules) => new(
        $"{name}: effect by window", new ChartAxis("end of the window (UTC)", AxisFormat.Time), new ChartAxis("effect") { From = 0 },
        [
            new LineSeries("effect", [.. report.Windows.Select(window => new ChartPoint(At(window), window.Findings.FirstOrDefault(finding => finding.Name == name)?.Effect ?? double.NaN))]),
            new LineSeries("least of an alarm", [new ChartPoint(At(report.Windows[0]), rules.MinEffect), new ChartPoint(At(report.Windows[^1]), rules.MinEffect)]) { IsDashed = true },
        ])
    {
        Marks = [.. report.Alarms.Where(alarm => alarm.Name == name).Select(alarm => new ChartMark(alarm.ConfirmedAt.ToUnixTimeMilliseconds(), "alarm"))],
    };

    static IEnumerable<Chart> Distribution(string name, ImmutableArray<DriftShare> shares) => shares.IsEmpty ? [] :
    [
        new BarChart(
            $"{name}: share of payments, last window", "values", new ChartAxis("share", AxisFormat.Share), [.. shares.Select(share => share.Bin)],
            [new BarSeries("reference", [.. shares.Select(share => share.Reference)]), new BarSeries("now", [.. shares.Select(share => share.Current)])])
        {
            IsLying = true,
        },
    ];

    static LineChart Performance(string name, DriftReport report, Func<DriftWindow, (double? Estimate, double Error, double? Truth)> of) => new(
        name, new ChartAxis("end of the window (UTC)", AxisFormat.Time), new ChartAxis("share", AxisFormat.Share) { From = 0, To = 1 },
        [
            new LineSeries("estimated", [.. report.Windows.Select(window => of(window) is ({ } value, var error, _) ? new ChartPoint(At(window), value, Math.Max(0, value - error), Math.Min(1, value + error)) : new ChartPoint(At(window), double.NaN))]),
            new LineSeries("by labels", [.. report.Windows.Select(window => new ChartPoint(At(window), of(window).Truth ?? double.NaN))]) { IsDashed = true },
        ]);

    static double At(DriftWindow window) => window.To.ToUnixTimeMilliseconds();
}
