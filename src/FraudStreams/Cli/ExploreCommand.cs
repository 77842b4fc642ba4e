using System.CommandLine;
using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Profiling;
using FraudStreams.Model.Reports;
using FraudStreams.ModelOps;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`explore`: what a data set is like, before a model is trained on it.</summary>
static class ExploreCommand
{
    static readonly Option<FileInfo> Input = new("--input")
    {
        Description = $"Payments to look at: {InputOptions.Forms}.",
        HelpName = "CSV",
        Required = true,
    };

    static readonly ReportOptions Report = new("fields, labels, time, amount, texts, numbers, places, duplicates, oddities");

    public static Command Create()
    {
        var command = new Command("explore", "Says what a data set of payments is like: rows, missing values, frauds by hour, weekday, amount and text, distributions by label, duplicates, and oddities such as scientific notation. It needs no model and changes nothing.");
        command.With([Input, .. Report.All]);
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams explore --input payments.csv",
            "fraudstreams explore --input payments.csv --report payments.html",
            "fraudstreams explore --input payments.csv --schema my.conf --json");
    }

    static int Invoke(ParseResult call)
    {
        var file = RunCommand.ExistingFile(call.GetValue(Input)!);
        var page = Report.Of(call);
        var settings = FraudSettings.From(call.Layers().Load());
        var schema = SchemaResolver.OfFile(settings.Schema, file);
        using var stop = new StopSignals();
        var profile = WorkProgress.Run(progress => DatasetExplorer.Explore(file, schema, progress, stop.Stopped));
        if (page is not null)
            File.WriteAllText(page.FullName, ProfileHtml.Write(profile));
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(profile);
        else
            Print(profile);
        return ExitCode.Done;
    }

    static void Print(DatasetProfile profile)
    {
        var span = profile is { From: { } from, To: { } to } ? $" from {ReportText.Time(from)} to {ReportText.Time(to)} UTC" : "";
        var share = profile.All.FraudShare is { } known ? $" ({ReportText.Share(known)})" : "";
        Screen.Out.WritePlain(Text(
            $"{profile.Name}, schema {profile.Schema}: {profile.All.Payments:N0} payments{span}, {profile.All.Frauds:N0} frauds{share}, {profile.All.Payments - profile.All.Labelled:N0} without a label."));
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("field").AddColumn("type");
        foreach (var column in (string[])["missing", "different", "least", "median", "most"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var field in profile.Fields)
        {
            var numbers = field.Numbers;
            table.AddRow(
                Markup.Escape(field.Name), field.IsSecret ? $"{field.Type}, secret" : field.Type, Text($"{field.Missing:N0}"), field.Distinct is { } distinct ? Text($"{distinct:N0}") : Text($"over {DatasetProfiler.MostDistinct:N0}"),
                numbers is null ? "" : ReportText.Number(numbers.Min), numbers is null ? "" : ReportText.Number((numbers.Legitimate ?? numbers.Fraud)!.P50), numbers is null ? "" : ReportText.Number(numbers.Max));
        }

        Screen.Out.Write(table);
        foreach (var code in profile.Rejected)
            Screen.Out.WritePlain(Text($"Cannot be read: {code.Rows:N0} rows, {code.Code}: {code.Example}"));
        if (profile.Duplicates is { SameRow: > 0 } or { SameId: > 0 } or { SamePayment: > 0 })
            Screen.Out.WritePlain(Text($"Duplicates: {profile.Duplicates.SameRow:N0} whole rows, {profile.Duplicates.SameId:N0} ids, {profile.Duplicates.SamePayment:N0} payments under another id."));
        foreach (var oddity in profile.Oddities)
            Screen.Out.WritePlain($"{oddity.Text}.");
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
