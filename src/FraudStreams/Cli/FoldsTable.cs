using FraudStreams.ModelOps;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>Table of splits and the metrics on them, one line each.</summary>
static class FoldsTable
{
    public static Table Render(string title, IReadOnlyList<FoldResult> folds)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Markup.Escape(title)) };
        table.AddColumn("trained from").AddColumn("measured from");
        foreach (var column in (string[])["payments", "frauds", "average precision", "ROC AUC", "CP@100"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var fold in folds)
        {
            table.AddRow(
                $"{fold.TrainFrom:yyyy-MM-dd}", $"{fold.TestFrom:yyyy-MM-dd}", $"{fold.TestRows:N0}", $"{fold.TestFrauds:N0}", $"{fold.AveragePrecision:0.000}",
                $"{fold.RocAuc:0.000}", $"{fold.CardPrecisionAt100:0.000}");
        }

        if (folds.Count > 1)
        {
            table.AddRow(
                "mean", "", "", "", $"{folds.Average(fold => fold.AveragePrecision):0.000}", $"{folds.Average(fold => fold.RocAuc):0.000}",
                $"{folds.Average(fold => fold.CardPrecisionAt100):0.000}");
        }

        return table;
    }
}
