using FraudStreams.ModelOps;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>Table of metrics with readable names.</summary>
static class MetricsTable
{
    public static Table Render(string title, string caption, IReadOnlyDictionary<string, double> metrics)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Markup.Escape(title)), Caption = new TableTitle(Markup.Escape(caption)) };
        table.AddColumn(new TableColumn("measure").Width(36)).AddColumn(new TableColumn("value").RightAligned().Width(12));
        foreach (var (key, name, format) in MetricNames.All)
        {
            if (metrics.TryGetValue(key, out var value))
                table.AddRow(name, value.ToString(format));
        }

        return table;
    }

    /// <summary>Versions side by side, and how far the last is from the first.</summary>
    public static Table Compare(string caption, IReadOnlyList<(string Version, IReadOnlyDictionary<string, double> Metrics)> versions)
    {
        var table = new Table { Border = TableBorder.Rounded, Caption = new TableTitle(Markup.Escape(caption)) };
        table.AddColumn(new TableColumn("measure"));
        foreach (var (version, _) in versions)
            table.AddColumn(new TableColumn(Markup.Escape(version)).RightAligned());
        table.AddColumn(new TableColumn("difference").RightAligned());
        foreach (var (key, name, format) in MetricNames.All)
        {
            var values = versions.Select(version => version.Metrics.TryGetValue(key, out var value) ? value : double.NaN).ToArray();
            if (values.All(double.IsNaN))
                continue;
            table.AddRow([name, .. values.Select(value => double.IsNaN(value) ? "" : value.ToString(format)), (values[^1] - values[0]) is var difference && double.IsNaN(difference) ? "" : difference.ToString($"+{format};-{format};0")]);
        }

        return table;
    }
}
