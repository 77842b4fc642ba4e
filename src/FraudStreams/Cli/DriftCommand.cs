using System.CommandLine;
using System.Globalization;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Simulation;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`drift`: whether payments still look as those that a version was validated on.</summary>
static class DriftCommand
{
    static readonly Option<string?> From = new("--from") { Description = "The first window, such as 2026-01-31 or 2026-01-31T06:00:00Z. Default: the first there is.", HelpName = "TIME" };

    static readonly Option<string?> To = new("--to") { Description = "Windows that end by then. Default: the last that is over.", HelpName = "TIME" };

    static readonly Option<FileInfo?> Input = new("--input")
    {
        Description = $"Payments to compare instead of the stream's: {InputOptions.Forms}. Its rows are read in the order of event time.",
        HelpName = "CSV",
    };

    static readonly Option<FileInfo?> WarmUp = new("--warm-up") { Description = "The payments before the input, a CSV with a header: read first, so that window features include them.", HelpName = "CSV" };

    static readonly Option<DirectoryInfo?> Model = new("--model") { Description = "A model version's folder. Default: the version in service in the data folder.", HelpName = "DIR" };

    static readonly ReportOptions Report = new("alarms, effects by window, distributions, precision and recall");

    public static Command Create()
    {
        var command = new Command("drift", "Compares what the stream counted of features and scores with the validation payments of the version in service, window by window: distances, alarms and what changed, estimated precision and recall, and the true ones where labels have come. With --input: of a file.");
        command.With([From, To, Input, WarmUp, InputOptions.MaxRejected, Model, .. Report.All]);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams drift",
            "fraudstreams drift --from 2026-01-01 --to 2026-02-01 --json",
            "fraudstreams drift --report drift.html",
            "fraudstreams drift --input later.csv --warm-up history.csv",
            "fraudstreams drift --input later.csv --model fraudstreams-data/models/cards-20240131-120000");
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var settings = FraudSettings.From(call.Layers(options: InputOptions.Of(call)).Load());
        var (from, to) = (HourOf(call, From), HourOf(call, To));
        if (from >= to)
            throw new SettingsException($"--from {call.GetValue(From)} --to {call.GetValue(To)}: --to must be later than --from");
        if (call.GetValue(Input) is null && call.GetValue(WarmUp) is not null)
            throw new SettingsException("--warm-up is for a file: give it with --input");
        var page = Report.Of(call);
        var folder = call.GetValue(Model)?.FullName;
        var model = folder is null ? CommandChecks.Champion(settings) : ModelArtifact.Load(folder);
        var reference = DriftReferenceFile.Load(folder ?? new LocalModels(settings.DataDirectory, TimeProvider.System).FolderOf(model.Version))
            ?? throw new CommandFailedException($"{model.Version} has no drift reference: it is a version of an earlier release or from elsewhere. A version that this program trains has one");
        using var stop = new StopSignals();
        var rules = settings.Candidates.Drift.Rules;
        DriftHistory history;
        if (call.GetValue(Input) is { } input)
        {
            var file = RunCommand.ExistingFile(input);
            if (file == InputFile.StandardInput && call.GetValue(WarmUp)?.ToString() == InputFile.StandardInput)
                throw new SettingsException("--input and --warm-up are both -: standard input can be one of them");
            SchemaResolver.CheckModel(settings.Schema, file, model);
            var before = call.GetValue(WarmUp) is { } warmUp ? new CsvHistory(RunCommand.ExistingFile(warmUp), model.Schema) : null;
            history = WorkProgress.Run(progress => DriftReplay.Count(model, reference, new CsvHistory(file, model.Schema), rules.WindowHours, progress, stop.Stopped, before, settings.Input));
        }
        else
        {
            CommandChecks.HasTopics(settings);
            history = await StoredDrift.ReadAsync(settings, model.Version, reference, stop.Stopped);
        }

        var report = DriftJudge.Judge(reference, history, model.Threshold, rules, from, to);
        if (page is not null)
            File.WriteAllText(page.FullName, DriftHtml.Write(report, reference, history, rules));
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(report);
        else
            Print(report, rules);
        return ExitCode.Done;
    }

    static void Print(DriftReport report, DriftRules rules)
    {
        if (report.Windows.IsEmpty)
        {
            Screen.Out.WritePlain($"Nothing to compare with what {report.ModelVersion} was validated on: no window of {rules.WindowHours} h with at least {rules.MinPayments:N0} of its payments is over.");
            return;
        }

        var (first, last) = (report.Windows[0].From, report.Windows[^1].To);
        Screen.Out.WritePlain(Text($"{report.Windows.Sum(window => window.Payments):N0} payments of {first.UtcDateTime:yyyy-MM-dd HH:mm} to {last.UtcDateTime:yyyy-MM-dd HH:mm} in {report.Windows.Length:N0} windows, beside what {report.ModelVersion} was validated on."));
        var features = new Table { Border = TableBorder.Rounded };
        features.AddColumn("feature");
        foreach (var column in (string[])["median effect", "greatest", "last", "flagged", "last p"])
            features.AddColumn(new TableColumn(column).RightAligned());
        foreach (var feature in report.Windows.SelectMany(window => window.Findings).GroupBy(finding => finding.Name).OrderByDescending(findings => findings.Count(finding => finding.IsFlagged)))
        {
            var effects = feature.Select(finding => finding.Effect).Order().ToArray();
            features.AddRow(
                Markup.Escape(feature.Key), Text($"{effects[effects.Length / 2]:0.000}"), Text($"{effects[^1]:0.000}"), Text($"{feature.Last().Effect:0.000}"),
                Text($"{feature.Count(finding => finding.IsFlagged):N0}"), Text($"{feature.Last().PValue:0.0e+0}"));
        }

        Screen.Out.Write(features);
        PrintPerformance(report);
        Screen.Out.WritePlain(report.Alarms.IsEmpty ? "No alarm." : Text($"{report.Alarms.Length:N0} alarms:"));
        foreach (var alarm in report.Alarms)
            Screen.Out.WritePlain(Text($"  {alarm.ConfirmedAt.UtcDateTime:yyyy-MM-dd HH:mm}  {alarm.Name}: {alarm.What} (effect {alarm.Effect:0.00}, since {alarm.Since.UtcDateTime:yyyy-MM-dd HH:mm}, until {alarm.Until.UtcDateTime:yyyy-MM-dd HH:mm})"));
    }

    static void PrintPerformance(DriftReport report)
    {
        var known = report.Windows.Where(window => window.Truth is not null).Select(window => window.Truth!.Value).Aggregate(
            default(PredictedFrauds), (sum, of) => new PredictedFrauds(sum.Caught + of.Caught, sum.Missed + of.Missed, sum.FalseAlerts + of.FalseAlerts));
        var last = report.Windows[^1].Estimate;
        Screen.Out.WritePlain(Text($"Estimated from scores, last window: precision {Share(last.Precision)} ± {last.PrecisionError:P1}, recall {Share(last.Recall)} ± {last.RecallError:P1}. By labels, all windows that have them: precision {Share(known.Precision)}, recall {Share(known.Recall)}."));
        Screen.Out.WritePlain("An estimate does not see that frauds have come to look otherwise: only labels tell that.");
    }

    static string Share(double? share) => share is { } value ? value.ToString("P1", CultureInfo.InvariantCulture) : "–";

    static long? HourOf(ParseResult call, Option<string?> option) => call.GetValue(option) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeSeconds() / 3600
        : throw new SettingsException($"{option.Name} {text}: it must be a time such as 2026-01-31 or 2026-01-31T08:00:00Z");

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
