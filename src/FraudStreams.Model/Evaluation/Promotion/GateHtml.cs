using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>A report as one HTML file that needs nothing else: it opens offline, in print and in a screen reader.</summary>
public static class GateHtml
{
    const int Width = 560, Height = 340, Left = 48, Bottom = 36, Top = 12, Right = 12;

    const string ChampionColour = "#1f5fa8", ChallengerColour = "#b3431e";

    /// <summary>The whole document.</summary>
    public static string Write(GateReport report)
    {
        var html = new StringBuilder($$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Gate: {{Encode(report.Challenger)}} against {{Encode(report.Champion)}}</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
            table { border-collapse: collapse; margin: .5rem 0 1.5rem } th, td { padding: .25rem .75rem; border-bottom: 1px solid #ccc; text-align: right }
            th:first-child, td:first-child { text-align: left } caption { text-align: left; font-weight: 600 } svg { max-width: 100%; height: auto }
            </style></head><body>
            <h1>{{Title(report.State)}}</h1>
            <p>Challenger <b>{{Encode(report.Challenger)}}</b> against champion <b>{{Encode(report.Champion)}}</b>, on {{report.Payments:N0}} payments of {{report.Cards:N0}} cards with {{report.Frauds:N0}} frauds{{Span(report)}}.
            {{report.LeftOutOfTraining:N0}} payments are not later than the challenger's training data and do not count; {{report.LeftOutImmature:N0}} are not older than {{Number(report.Rules.LabelDelayDays)}} days and do not count yet; {{report.LeftOutUnlabelled:N0}} have no label, and of {{report.LeftOutKnown:N0}} the label was known before the challenger scored them.</p>

            """);
        if (report.Reasons.Length > 0)
            html.Append("<ul>").AppendJoin("", report.Reasons.Select(reason => $"<li>{Encode(reason)}</li>")).Append("</ul>\n");
        if (report is { AveragePrecision: { } precision, RecallAtSameAlerts: { } recall, Guards: { } guards })
        {
            Table(html, "Ranking", ["", "champion", "challenger", "difference", "95% lower bound", "95% upper bound", "visible from"], [Row("average precision", precision), Row("recall at the same number of alerts", recall)]);
            html.Append(Intervals(("average precision", precision), ("recall", recall), report.Rules.Margin));
            Guards(html, report, guards);
        }

        Table(html, "Which ranks a card's frauds higher", ["challenger", "champion", "e-value", "needed"],
            [[$"{report.Evidence.ChallengerHigher:N0}", $"{report.Evidence.ChampionHigher:N0}", Number(report.Evidence.EValue), Number(report.Evidence.Needed)]]);
        if (report.ChampionCurve.Length > 0)
        {
            html.Append("<h2>Precision and recall</h2>\n").Append(Curves(report));
            html.Append("<details><summary>The curves as a table</summary>");
            Table(html, "Precision by recall", ["recall", "champion", "challenger"],
                [.. Enumerable.Range(1, 20).Select(step => step / 20.0).Select(at => (string[])[$"{at:0.00}", PrecisionAt(report.ChampionCurve, at), PrecisionAt(report.ChallengerCurve, at)])]);
            html.Append("</details>\n");
        }

        return html.Append("</body></html>\n").ToString();
    }

    static void Guards(StringBuilder html, GateReport report, GateGuards guards)
    {
        Table(html, "At the models' own thresholds", ["", "champion", "challenger"],
        [
            ["alerts a day", Number(guards.ChampionAlertsADay), Number(guards.ChallengerAlertsADay)],
            ["precision", Share(guards.ChampionPrecision), Share(guards.ChallengerPrecision)],
            ["calibration error", $"{guards.ChampionCalibrationError:0.0000}", $"{guards.ChallengerCalibrationError:0.0000}"],
            ["p99 of scoring a batch", "", guards.ScoringP99Milliseconds is { } p99 ? $"{Number(p99)} ms" : "not measured"],
        ]);
        Table(html, "Recall by amount", ["amount", "frauds", "champion", "challenger", "difference", ""],
            [.. report.Segments.Select(segment => (string[])
                [segment.Name, $"{segment.Frauds:N0}", Share(segment.ChampionRecall), Share(segment.ChallengerRecall), Signed(segment.Difference), segment.IsWorst ? "worst" : ""])]);
    }

    static string Title(GateState state) => state switch
    {
        GateState.Passed => "Passed: the challenger is better",
        GateState.Refused => "Refused",
        _ => "Not yet",
    };

    static string Span(GateReport report) =>
        report is { From: { } from, To: { } to } ? $", from {from.UtcDateTime:yyyy-MM-dd HH:mm} to {to.UtcDateTime:yyyy-MM-dd HH:mm} UTC ({Number(report.Days)} days)" : "";

    static string[] Row(string name, GateDifference difference) =>
    [
        name, $"{difference.Champion:0.0000}", $"{difference.Challenger:0.0000}", Signed(difference.Difference), Signed(difference.Lower), Signed(difference.Upper),
        $"{difference.SmallestVisible:0.0000}",
    ];

    static void Table(StringBuilder html, string caption, string[] head, string[][] rows)
    {
        html.Append($"<table><caption>{Encode(caption)}</caption><thead><tr>").AppendJoin("", head.Select(cell => $"<th scope=\"col\">{Encode(cell)}</th>")).Append("</tr></thead><tbody>");
        foreach (var row in rows)
            html.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Encode(cell)}</td>")).Append("</tr>");
        html.Append("</tbody></table>\n");
    }

    /// <summary>The differences with their bounds, beside nothing and the margin.</summary>
    static string Intervals((string Name, GateDifference Difference) one, (string Name, GateDifference Difference) two, double margin)
    {
        var reach = new[] { one, two }.Max(it => Math.Max(Math.Abs(it.Difference.Lower), Math.Abs(it.Difference.Upper)));
        var scale = 180 / Math.Max(Math.Max(reach, margin), 1e-6);
        var svg = new StringBuilder($"<svg role=\"img\" aria-label=\"Differences with their one-sided 95% bounds\" viewBox=\"0 0 {Width} 110\" width=\"{Width}\">");
        svg.Append($"<line x1=\"{X(0)}\" y1=\"14\" x2=\"{X(0)}\" y2=\"84\" stroke=\"#555\"/><text x=\"{X(0)}\" y=\"102\" text-anchor=\"middle\" font-size=\"13\">no difference</text>");
        svg.Append($"<line x1=\"{X(-margin)}\" y1=\"14\" x2=\"{X(-margin)}\" y2=\"84\" stroke=\"#999\" stroke-dasharray=\"4 3\"/><text x=\"{X(-margin)}\" y=\"10\" text-anchor=\"middle\" font-size=\"12\">margin {Signed(-margin)}</text>");
        foreach (var ((name, difference), y) in new[] { (one, 28), (two, 64) })
        {
            svg.Append($"<text x=\"0\" y=\"{y + 4}\" font-size=\"13\">{Encode(name)}</text>");
            svg.Append($"<line x1=\"{X(difference.Lower)}\" y1=\"{y}\" x2=\"{X(difference.Upper)}\" y2=\"{y}\" stroke=\"{ChallengerColour}\" stroke-width=\"3\"/>");
            svg.Append($"<circle cx=\"{X(difference.Difference)}\" cy=\"{y}\" r=\"5\" fill=\"{ChallengerColour}\"/>");
        }

        return svg.Append("</svg>\n").ToString();

        string X(double difference) => Point(350 + (difference * scale));
    }

    static string Curves(GateReport report)
    {
        var svg = new StringBuilder($"<svg role=\"img\" aria-label=\"Precision over recall of both models; the table below has the numbers\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\">");
        for (var tick = 0; tick <= 5; tick++)
        {
            var at = tick / 5.0;
            svg.Append($"<line x1=\"{Left}\" y1=\"{Y(at)}\" x2=\"{Width - Right}\" y2=\"{Y(at)}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{Y(at)}\" text-anchor=\"end\" dominant-baseline=\"middle\" font-size=\"12\">{at:0.0}</text>");
            svg.Append($"<text x=\"{X(at)}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\" font-size=\"12\">{at:0.0}</text>");
        }

        svg.Append($"<text x=\"{(Width + Left) / 2}\" y=\"{Height - 2}\" text-anchor=\"middle\" font-size=\"13\">recall</text><text transform=\"rotate(-90)\" x=\"{-(Height - Bottom + Top) / 2}\" y=\"13\" text-anchor=\"middle\" font-size=\"13\">precision</text>");
        Line(report.ChampionCurve, ChampionColour, "champion", 0, "6 4");
        Line(report.ChallengerCurve, ChallengerColour, "challenger", 1, "none");
        return svg.Append("</svg>\n").ToString();

        void Line(ImmutableArray<CurvePoint> curve, string colour, string name, int number, string dashes)
        {
            svg.Append($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\" points=\"").AppendJoin(' ', curve.Select(point => $"{X(point.Recall)},{Y(point.Precision)}")).Append("\"/>");
            svg.Append($"<text x=\"{Left + 10}\" y=\"{Height - Bottom - 26 + (number * 16)}\" font-size=\"13\" fill=\"{colour}\">{name}</text>");
        }

        static string X(double recall) => Point(Left + (recall * (Width - Left - Right)));

        static string Y(double precision) => Point(Height - Bottom - (precision * (Height - Bottom - Top)));
    }

    /// <summary>The precision at the first point that reaches a recall.</summary>
    static string PrecisionAt(ImmutableArray<CurvePoint> curve, double recall) => curve.Where(point => point.Recall >= recall - 1e-9).Select(point => $"{point.Precision:0.000}").FirstOrDefault("");

    static string Point(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    static string Number(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    static string Share(double value) => value.ToString("0.0%", CultureInfo.InvariantCulture);

    static string Signed(double value) => value.ToString("+0.0000;-0.0000;0", CultureInfo.InvariantCulture);

    static string Encode(string text) => WebUtility.HtmlEncode(text);
}
