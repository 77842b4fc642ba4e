using System.Collections.Immutable;
using System.Text;

namespace FraudStreams.Model.Reports;

/// <summary>A table of a report. Values are text: what looks like markup in them is shown, not obeyed.</summary>
/// <param name="Caption">What it shows; read out before it.</param>
/// <param name="Columns">Heads of the columns.</param>
/// <param name="Rows">Of as many cells each.</param>
public sealed record ReportTable(string Caption, ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<string>> Rows)
{
    /// <summary>How many columns from the left are text; those after them are figures and stand to the right.</summary>
    public int TextColumns { get; init; } = 1;

    internal void Write(StringBuilder html)
    {
        html.Append($"<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{ReportText.Encode(Caption)}\"><table><caption>{ReportText.Encode(Caption)}</caption><thead><tr>");
        for (var column = 0; column < Columns.Length; column++)
            html.Append($"<th scope=\"col\"{ClassOf(column)}>{ReportText.Encode(Columns[column])}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var row in Rows)
        {
            html.Append("<tr>");
            for (var column = 0; column < row.Length; column++)
                html.Append($"<td{ClassOf(column)}>{ReportText.Encode(row[column])}</td>");
            html.Append("</tr>");
        }

        html.Append("</tbody></table></div>\n");
    }

    string ClassOf(int column) => column < TextColumns ? "" : " class=\"figure\"";
}
