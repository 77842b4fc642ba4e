using System.Text;

namespace FraudStreams.Model.Reports;

/// <summary>
/// A report as one HTML file that needs nothing else: it has no script, opens offline, follows the reader's light or dark theme, prints, and has a table beside
/// each chart. All that is written into it is text: markup in a value is shown, and card numbers are masked (<see cref="ReportText.Encode"/>). What is secret
/// by the schema does not belong into one at all. Parts appear in the order of the calls. Not thread-safe.
/// </summary>
/// <param name="title">Its heading, and the window's title.</param>
public sealed class HtmlReport(string title)
{
    readonly StringBuilder _body = new();

    /// <summary>Begins a section.</summary>
    public HtmlReport Section(string heading) => Add($"<h2>{ReportText.Encode(heading)}</h2>\n");

    /// <summary>A paragraph.</summary>
    public HtmlReport Text(string text) => Add($"<p>{ReportText.Encode(text)}</p>\n");

    /// <summary>A list; nothing where it is empty.</summary>
    public HtmlReport List(IReadOnlyCollection<string> lines) =>
        lines.Count == 0 ? this : Add($"<ul>{string.Concat(lines.Select(line => $"<li>{ReportText.Encode(line)}</li>"))}</ul>\n");

    /// <summary>Some figures in a row, each with its name.</summary>
    public HtmlReport Figures(params IEnumerable<(string Name, string Value)> figures) =>
        Add($"<dl>{string.Concat(figures.Select(figure => $"<div><dt>{ReportText.Encode(figure.Name)}</dt><dd>{ReportText.Encode(figure.Value)}</dd></div>"))}</dl>\n");

    /// <summary>A table; nothing where it has no row.</summary>
    public HtmlReport Table(ReportTable table)
    {
        if (!table.Rows.IsEmpty)
            table.Write(_body);
        return this;
    }

    /// <summary>Charts side by side where there is room, each with its table, which is opened at a click and read out by screen readers.</summary>
    public HtmlReport Charts(params IEnumerable<Chart> charts)
    {
        _body.Append("<div class=\"charts\">");
        foreach (var chart in charts)
        {
            var caption = chart.Note is { } note ? $"{ReportText.Encode(chart.Title)}<span>{ReportText.Encode(note)}</span>" : ReportText.Encode(chart.Title);
            _body.Append($"<figure><figcaption>{caption}</figcaption><div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{ReportText.Encode(chart.Title)}, chart\">");
            _body.Append(chart.ToSvg()).Append("</div><details><summary>As a table</summary>");
            chart.Table.Write(_body);
            _body.Append("</details></figure>\n");
        }

        _body.Append("</div>\n");
        return this;
    }

    /// <summary>The whole document.</summary>
    public string ToHtml() => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/><link rel="icon" href="data:,"/>
        <title>{ReportText.Encode(title)}</title>
        <style>
        {ReportStyle.Chart}
        {ReportStyle.Page}
        </style></head><body><main>
        <h1>{ReportText.Encode(title)}</h1>
        {_body}</main></body></html>

        """;

    HtmlReport Add(string html)
    {
        _body.Append(html);
        return this;
    }
}
