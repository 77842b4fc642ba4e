using System.CommandLine;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Simulation;

namespace FraudStreams.Cli;

/// <summary>`evaluate`: the metrics of a model on labelled payments.</summary>
static class EvaluateCommand
{
    static readonly Option<FileInfo> Input = new("--input")
    {
        Description = $"Labelled payments that the model has not seen: {InputOptions.Forms}. Its rows are read in the order of event time.",
        HelpName = "CSV",
        Required = true,
    };

    static readonly Option<DirectoryInfo?> Model = new("--model")
    {
        Description = "A model version's folder. Default: the version in service in the data folder.",
        HelpName = "DIR",
    };

    static readonly Option<FileInfo?> WarmUp = new("--warm-up")
    {
        Description = "The payments before the input, a CSV with a header: read first, so that window features include them. They are not measured; those later than the input's first payment are left out.",
        HelpName = "CSV",
    };

    static readonly ReportOptions Report = new("metrics, curves, calibration, cut-offs, days");

    static readonly SplitOptions Splits = new();

    public static Command Create()
    {
        var command = new Command("evaluate", "Scores labelled payments with the model in service and prints metrics of the scores. With --train-from: trains anew on some days of the file and measures on days after those, as the Fraud Detection Handbook does.");
        command.With([Input, Model, WarmUp, InputOptions.MaxRejected, .. Report.All, .. Splits.All]);
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams evaluate --input later.csv",
            "fraudstreams evaluate --input later.csv --warm-up history.csv",
            "fraudstreams evaluate --input later.csv --report evaluation.html",
            "fraudstreams evaluate --input transactions.csv --schema handbook --train-from 2018-07-25 --folds 4",
            "fraudstreams evaluate --input later.csv --model fraudstreams-data/models/cards-20240131-120000 --json");
    }

    static int Invoke(ParseResult call)
    {
        var file = RunCommand.ExistingFile(call.GetValue(Input)!);
        var page = Report.Of(call);
        if (call.GetValue(Splits.From) is { } from)
            return RunBacktest(call, file, Splits.Split(call, from), page);
        var settings = FraudSettings.From(call.Layers(options: InputOptions.Of(call)).Load());
        var model = call.GetValue(Model) is { } folder
            ? ModelArtifact.Load(folder.FullName)
            : CommandChecks.Champion(settings);
        if (file == InputFile.StandardInput && call.GetValue(WarmUp)?.ToString() == InputFile.StandardInput)
            throw new SettingsException("--input and --warm-up are both -: standard input can be one of them");
        var schema = SchemaResolver.CheckModel(settings.Schema, file, model);
        var before = call.GetValue(WarmUp) is { } warmUp ? new CsvHistory(RunCommand.ExistingFile(warmUp), schema) : null;
        using var stop = new StopSignals();
        var report = WorkProgress.Run(progress =>
            Evaluator.Evaluate(model, new CsvHistory(file, schema), progress, stop.Stopped, before, settings.Input));
        if (page is not null)
            File.WriteAllText(page.FullName, EvaluationHtml.Write([report]));
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(report);
        else
            Screen.Out.Write(MetricsTable.Render(model.Version, $"on {report.Rows:N0} payments of {Path.GetFileName(file)}", report.Metrics));
        return ExitCode.Done;
    }

    /// <summary>What --json prints.</summary>
    internal static object ResultOf(IReadOnlyList<FoldResult> folds) => new { folds };

    /// <summary>Trains a model with the current settings for each split, and does not keep it.</summary>
    static int RunBacktest(ParseResult call, string file, TemporalSplit split, FileInfo? page)
    {
        var settings = FraudSettings.From(call.Layers(options: [$"simulate.input={file}", .. InputOptions.Of(call)]).Load());
        using var stop = new StopSignals();
        var folds = WorkProgress.Run(progress =>
        {
            var rows = SplitHistory.Read(file, SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory), settings.Input, progress, stop.Stopped);
            var (leftOut, kept) = split.LeftOutOf(rows);
            leftOut.Report(progress, InputFile.NameOf(file), kept);
            progress.Step($"Training and measuring: {split}");
            return Backtest.Run(rows, split, call.GetValue(Splits.Folds), train => ScorerTrainer.Train(settings.Model, train, null, null, stop.Stopped));
        });
        if (page is not null)
            File.WriteAllText(page.FullName, EvaluationHtml.Write(split.ToString(), folds));
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(ResultOf(folds));
        else
            Screen.Out.Write(FoldsTable.Render(split.ToString(), folds));
        return ExitCode.Done;
    }
}
