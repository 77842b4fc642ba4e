using System.Collections.Immutable;
using FraudStreams.Model.Reports;
using static FraudStreams.Model.Reports.ReportText;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>A report of the gate as one HTML file (<see cref="HtmlReport"/>).</summary>
public static class GateHtml
{
    /// <summary>The whole document.</summary>
    public static string Write(GateReport report)
    {
        var html = new HtmlReport(Title(report.State))
            .Text($"Challenger {report.Challenger} against champion {report.Champion}, on {Count(report.Payments)} payments of {Count(report.Cards)} cards with {Count(report.Frauds)} frauds{Span(report)}.")
            .Text(
                $"{Count(report.LeftOutOfTraining)} payments are not later than the challenger's training data and do not count; {Count(report.LeftOutImmature)} are not older than {Number(report.Rules.LabelDelayDays)} days and do not count yet; " +
                $"{Count(report.LeftOutUnlabelled)} have no label, and of {Count(report.LeftOutKnown)} the label was known before the challenger scored them.")
            .List(report.Reasons);
        if (report is { AveragePrecision: { } precision, RecallAtSameAlerts: { } recall, Guards: { } guards })
        {
            html.Table(new ReportTable(
                "Ranking", ["", "champion", "challenger", "difference", "95% lower bound", "95% upper bound", "visible from"],
                [Row("average precision", precision), Row("recall at the same number of alerts", recall)]));
            html.Charts([
                Differences(precision, recall, report.Rules.Margin),
                .. report.ChampionCurve.IsEmpty ? (Chart[])[] : [PrecisionRecallChart.Of(("champion", report.ChampionCurve), ("challenger", report.ChallengerCurve))],
            ]);
            Guards(html, report, guards);
        }

        html.Table(new ReportTable(
            "Which ranks a card's frauds higher", ["challenger", "champion", "e-value", "needed"],
            [[Count(report.Evidence.ChallengerHigher), Count(report.Evidence.ChampionHigher), Number(report.Evidence.EValue), Number(report.Evidence.Needed)]])
        {
            TextColumns = 0,
        });
        return html.ToHtml();
    }

    static void Guards(HtmlReport html, GateReport report, GateGuards guards) => html
        .Table(new ReportTable("At the models' own thresholds", ["", "champion", "challenger"],
        [
            ["alerts a day", Number(guards.ChampionAlertsADay), Number(guards.ChallengerAlertsADay)],
            ["precision", Share(guards.ChampionPrecision), Share(guards.ChallengerPrecision)],
            ["calibration error", Measure(guards.ChampionCalibrationError), Measure(guards.ChallengerCalibrationError)],
            ["p99 of scoring a batch", "", guards.ScoringP99Milliseconds is { } p99 ? $"{Number(p99)} ms" : "not measured"],
        ]))
        .Table(new ReportTable("Recall by amount", ["amount", "frauds", "champion", "challenger", "difference", ""],
        [
            .. report.Segments.Select(segment => (ImmutableArray<string>)
                [segment.Name, Count(segment.Frauds), Share(segment.ChampionRecall), Share(segment.ChallengerRecall), Signed(segment.Difference), segment.IsWorst ? "worst" : ""]),
        ]));

    static string Title(GateState state) => state switch
    {
        GateState.Passed => "Passed: the challenger is better",
        GateState.Refused => "Refused",
        _ => "Not yet",
    };

    static string Span(GateReport report) => report is { From: { } from, To: { } to } ? $", from {Time(from)} to {Time(to)} UTC ({Number(report.Days)} days)" : "";

    static ImmutableArray<string> Row(string name, GateDifference difference) =>
    [
        name, Measure(difference.Champion), Measure(difference.Challenger), Signed(difference.Difference), Signed(difference.Lower), Signed(difference.Upper),
        Measure(difference.SmallestVisible),
    ];

    /// <summary>The differences with their bounds, beside nothing and the margin.</summary>
    static IntervalChart Differences(GateDifference precision, GateDifference recall, double margin) => new(
        "Differences with their one-sided 95% bounds", new ChartAxis("challenger less champion"),
        [
            new ChartInterval("average precision", precision.Difference, precision.Lower, precision.Upper),
            new ChartInterval("recall at same alerts", recall.Difference, recall.Lower, recall.Upper),
        ])
    {
        Marks = [new ChartMark(0, "0"), new ChartMark(-margin, "margin")],
    };
}
