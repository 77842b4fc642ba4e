using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>Table of metrics with readable names.</summary>
static class MetricsTable
{
    static readonly (string Key, string Title, string Format)[] Rows =
    [
        ("average_precision", "average precision", "0.0000"),
        ("roc_auc", "ROC AUC", "0.0000"),
        ("threshold", "threshold", "0.0000"),
        ("precision", "precision at the threshold", "0.0000"),
        ("recall", "recall at the threshold", "0.0000"),
        ("f1", "F1 at the threshold", "0.0000"),
        ("alerts_a_day", "alerts a day of event time", "#,##0.0"),
        ("recall_at_fpr_0.001", "recall at 1 false alarm in 1,000", "0.0000"),
        ("card_precision_at_100", "card precision at 100 a day", "0.0000"),
        ("brier_score", "Brier score", "0.00000"),
        ("expected_calibration_error", "expected calibration error", "0.00000"),
        ("true_positives", "frauds found", "#,##0"),
        ("false_negatives", "frauds missed", "#,##0"),
        ("false_positives", "false alarms", "#,##0"),
        ("true_negatives", "honest and let through", "#,##0"),
    ];

    public static Table Render(string title, string caption, IReadOnlyDictionary<string, double> metrics)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Markup.Escape(title)), Caption = new TableTitle(Markup.Escape(caption)) };
        table.AddColumn(new TableColumn("measure").Width(36)).AddColumn(new TableColumn("value").RightAligned().Width(12));
        foreach (var (key, name, format) in Rows)
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
        foreach (var (key, name, format) in Rows)
        {
            var values = versions.Select(version => version.Metrics.TryGetValue(key, out var value) ? value : double.NaN).ToArray();
            if (values.All(double.IsNaN))
                continue;
            table.AddRow([name, .. values.Select(value => double.IsNaN(value) ? "" : value.ToString(format)), (values[^1] - values[0]) is var difference && double.IsNaN(difference) ? "" : difference.ToString($"+{format};-{format};0")]);
        }

        return table;
    }
}
