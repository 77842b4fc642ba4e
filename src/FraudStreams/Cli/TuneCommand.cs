using System.CommandLine;
using System.Globalization;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Models.Trees;
using FraudStreams.ModelOps;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`tune`: a grid search over the settings of the trees, on splits before the final one.</summary>
static class TuneCommand
{
    const int Shown = 15;

    static readonly Option<FileInfo> Input = new("--input")
    {
        Description = $"Labelled payments: {InputOptions.Forms}.",
        HelpName = "CSV",
        Required = true,
    };

    static readonly Option<string> Grid = new("--grid")
    {
        Description = "What to try, every combination: keys and values, such as \"trees=50,100; leaves=7,15\". The keys are those of model in the settings, and lambda and positive-weight.",
        HelpName = "KEYS",
        Required = true,
    };

    static readonly Option<FileInfo?> Csv = new("--csv")
    {
        Description = "A file to write all results to.",
        HelpName = "FILE",
    };

    static readonly SplitOptions Splits = new();

    public static Command Create()
    {
        var command = new Command(
            "tune", "Tries combinations of the trees' settings on splits that end, labels known, before --train-from; then measures the best combination once on the split of --train-from itself.");
        command.With([Input, .. Splits.All, Grid, Csv, InputOptions.MaxRejected]);
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams tune --input transactions.csv --schema handbook --train-from 2018-07-25 --folds 4 --grid \"trees=50,100,200; leaves=7,15\" --csv grid.csv");
    }

    static int Invoke(ParseResult call)
    {
        var file = RunCommand.ExistingFile(call.GetValue(Input)!);
        var from = call.GetValue(Splits.From) ?? throw new SettingsException("--train-from is missing: the first day of training of the final split");
        var settings = FraudSettings.From(call.Layers(options: [$"simulate.input={file}", .. InputOptions.Of(call)]).Load());
        var (grid, split, folds) = (GridOf(call), Splits.Split(call, from), call.GetValue(Splits.Folds));
        using var stop = new StopSignals();
        var (tried, measured) = WorkProgress.Run(progress =>
        {
            var rows = SplitHistory.Read(file, SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory), settings.Input, progress, stop.Stopped);
            var step = progress.Step($"Trying {grid.Count} combinations on {folds} splits before {from:yyyy-MM-dd}");
            var tried = GridSearch.Run(rows, split, folds, settings.Model.Boosting, grid, step, stop.Stopped);
            return (tried, Backtest.Run(rows, split, train => GradientBoosting.Train(train, null, tried[0].Settings, null, stop.Stopped)));
        });
        if (call.GetValue(Csv) is { } csv)
            File.WriteAllLines(csv.FullName, Lines(grid, tried));
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(ResultOf(tried, measured));
        else
            Print(grid, tried, split, measured);
        return ExitCode.Done;
    }

    /// <summary>What --json prints: the best combination, its results on the earlier splits, and that on the final one.</summary>
    internal static object ResultOf(IReadOnlyList<GridResult> tried, FoldResult measured) => new { Chosen = tried[0].Settings, Validation = tried[0].Folds, Measured = measured };

    static BoostingGrid GridOf(ParseResult call)
    {
        try
        {
            return BoostingGrid.Parse(call.GetValue(Grid)!);
        }
        catch (FormatException e)
        {
            throw new SettingsException($"--grid: {e.Message}", e);
        }
    }

    static void Print(BoostingGrid grid, IReadOnlyList<GridResult> tried, TemporalSplit split, FoldResult measured)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle($"{Math.Min(Shown, tried.Count)} best of {tried.Count}, means of {tried[0].Folds.Count} earlier splits") };
        foreach (var (key, _) in grid.Axes)
            table.AddColumn(new TableColumn(key).RightAligned());
        foreach (var column in (string[])["average precision", "±", "ROC AUC", "CP@100"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in tried.Take(Shown))
        {
            table.AddRow(
            [
                .. row.Values.Select(value => value.ToString(CultureInfo.InvariantCulture)), $"{row.AveragePrecision:0.000}", $"{row.Deviation:0.000}", $"{row.RocAuc:0.000}",
                $"{row.CardPrecisionAt100:0.000}",
            ]);
        }

        Screen.Out.Write(table);
        Screen.Out.Write(FoldsTable.Render($"the best, {split}", [measured]));
    }

    static IEnumerable<string> Lines(BoostingGrid grid, IReadOnlyList<GridResult> tried)
    {
        yield return string.Join(',', [.. grid.Axes.Select(axis => axis.Key), "average_precision", "deviation", "roc_auc", "card_precision_at_100"]);
        foreach (var row in tried)
        {
            double[] numbers = [.. row.Values, row.AveragePrecision, row.Deviation, row.RocAuc, row.CardPrecisionAt100];
            yield return string.Join(',', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
        }
    }
}
