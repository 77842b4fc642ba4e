using System.CommandLine;
using System.Globalization;
using System.Text;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`models gate`: judges the challenger against the champion from what the store holds.</summary>
static class ModelsGate
{
    static readonly ReportOptions Report = new("curves, bounds, alerts a day, segments");

    public static Option[] Options => Report.All;

    public static async Task<int> RunAsync(ParseResult call, FraudSettings settings, ModelService models, CancellationToken cancellationToken)
    {
        var page = Report.Of(call);
        await using var store = OpenStore(settings) ?? throw new CommandFailedException($"there is no store in {settings.DataDirectory}: `fraudstreams run` makes it");
        var report = await StoredGate.JudgeAsync(store, models.State, settings.Candidates.Gate.Rules, cancellationToken);
        if (page is not null)
            await File.WriteAllTextAsync(page.FullName, GateHtml.Write(report), cancellationToken);
        if (call.GetValue(CommonOptions.Json))
            Console.Out.WriteLine(Encoding.UTF8.GetString(GateJson.Write(report)));
        else
            Print(report);
        return ExitCode.Done;
    }

    public static PredictionStore? OpenStore(FraudSettings settings) => settings.Store.Exists(settings.DataDirectory)
        ? settings.Store.Open(settings.DataDirectory, settings.Topics, SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory), TimeProvider.System)
        : null;

    static void Print(GateReport report)
    {
        Screen.Out.WritePlain($"{report.Challenger} against {report.Champion}: {report.State.InWords()}.");
        foreach (var reason in report.Reasons)
            Screen.Out.WritePlain($"  {reason}");
        Screen.Out.WritePlain(Text($"Payments that count: {report.Payments:N0} of {report.Cards:N0} cards in {report.Days:0.0} days, {report.Frauds:N0} of them frauds. Left out: {report.LeftOutOfTraining:N0} not later than its training data, {report.LeftOutImmature:N0} not older than the label delay, {report.LeftOutUnlabelled:N0} without a label, {report.LeftOutKnown:N0} with a label known before they were scored."));
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("measure");
        foreach (var column in (string[])["champion", "challenger", "difference", "95% bounds"])
            table.AddColumn(new TableColumn(column).RightAligned());
        if (report is { AveragePrecision: { } precision, RecallAtSameAlerts: { } recall, Guards: { } guards })
        {
            table.AddRow(Row("average precision", precision));
            table.AddRow(Row("recall at the same alerts", recall));
            table.AddRow("alerts a day", Text($"{guards.ChampionAlertsADay:0.0}"), Text($"{guards.ChallengerAlertsADay:0.0}"), Text($"{guards.ChallengerAlertsADay - guards.ChampionAlertsADay:+0.0;-0.0;0}"), "");
            table.AddRow("precision at the threshold", Text($"{guards.ChampionPrecision:0.0000}"), Text($"{guards.ChallengerPrecision:0.0000}"), Text($"{guards.ChallengerPrecision - guards.ChampionPrecision:+0.0000;-0.0000;0}"), "");
            table.AddRow("calibration error", Text($"{guards.ChampionCalibrationError:0.0000}"), Text($"{guards.ChallengerCalibrationError:0.0000}"), Text($"{guards.ChallengerCalibrationError - guards.ChampionCalibrationError:+0.0000;-0.0000;0}"), "");
            foreach (var segment in report.Segments)
                table.AddRow(Markup.Escape($"recall, {segment.Name}{(segment.IsWorst ? " (worst)" : "")}"), Text($"{segment.ChampionRecall:0.0000}"), Text($"{segment.ChallengerRecall:0.0000}"), Text($"{segment.Difference:+0.0000;-0.0000;0}"), "");
        }

        table.AddRow("cards whose frauds it ranks higher", $"{report.Evidence.ChampionHigher:N0}", $"{report.Evidence.ChallengerHigher:N0}", "", "");
        Screen.Out.Write(table);
        Screen.Out.WritePlain(Text($"E-value: {report.Evidence.EValue:#,0.##}, of {report.Evidence.Needed:0} that are needed."));
    }

    static string[] Row(string name, GateDifference difference) =>
        [name, Text($"{difference.Champion:0.0000}"), Text($"{difference.Challenger:0.0000}"), Text($"{difference.Difference:+0.0000;-0.0000;0}"), Text($"{difference.Lower:+0.0000;-0.0000;0} to {difference.Upper:+0.0000;-0.0000;0}")];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
