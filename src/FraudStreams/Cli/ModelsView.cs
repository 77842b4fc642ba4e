using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.ModelOps.Registry;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>How versions and entries of the model registry are printed.</summary>
static class ModelsView
{
    public static void Print(ModelList list)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("version").AddColumn("").AddColumn("status");
        foreach (var column in (string[])["threshold", "average precision", "learnt from", "up to"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var version in list.Versions)
        {
            table.AddRow(
                Markup.Escape(version.Version), version.Alias ?? "", version.Status, $"{version.Threshold:0.0000}", $"{version.AveragePrecision:0.0000}",
                version.Rows > 0 ? $"{version.Rows:N0} payments" : "elsewhere", version.Rows > 0 ? $"{version.TrainingTo.UtcDateTime:yyyy-MM-dd}" : "");
        }

        Screen.Out.Write(table);
        if (list.ProbationUntil is { } until)
            Screen.Out.WritePlain($"{list.Champion} is on probation until {until.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.");
        foreach (var request in list.Requests)
            Screen.Out.WritePlain($"{request.Entry.Actor} asks for {request.Entry.Version} to go into service ({request.Entry.Why}); {request.Missing} more must approve.");
    }

    public static void Print(ModelDetails details)
    {
        var version = details.Summary;
        Screen.Out.Write(MetricsTable.Render(version.Version, "measured on its validation part", details.Metrics));
        foreach (var (title, value) in new (string, string)[]
        {
            ("status", version.Status + (version.Failure is { } failure ? $": {failure}" : "")), ("alias", version.Alias ?? "none"),
            ("threshold in force", $"{version.Threshold:0.######} (its card: {details.CardThreshold:0.######}, {details.ThresholdRule})"),
            ("learnt from", version.Rows == 0 ? "elsewhere: not known" : $"{version.Rows:N0} payments, {version.Frauds:N0} frauds, {version.TrainingFrom.UtcDateTime:yyyy-MM-dd HH:mm} to {version.TrainingTo.UtcDateTime:yyyy-MM-dd HH:mm} UTC"),
            ("data (SHA-256)", version.DataDigest ?? "not known"), ("artifact (SHA-256)", version.ArtifactSha256), ("trained by release", version.Program), ("parent", version.Parent ?? "none"),
        })
            Screen.Out.WritePlain($"{title,-20} {value}");
        PrintLines(details.History);
    }

    public static void PrintLines(IEnumerable<HistoryLine> entries)
    {
        foreach (var entry in entries)
        {
            var what = entry.Action switch
            {
                RegistryAction.Registered => "registered",
                RegistryAction.Requested => "asked for",
                RegistryAction.Approved => "approved",
                RegistryAction.Promoted => "promoted",
                RegistryAction.RolledBack => "rolled back to",
                RegistryAction.ThresholdChanged => $"set to {entry.Threshold?.ToString(CultureInfo.InvariantCulture)} the threshold of",
                RegistryAction.Challenged => "put into the champion's shadow",
                RegistryAction.StoodDown => "took out of the champion's shadow",
                RegistryAction.Suggested => "suggests",
                _ => "failed:",
            };
            Screen.Out.WritePlain($"{entry.Number,4}  {entry.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC  {entry.Actor}  {what} {entry.Version}  ({entry.Why}){(entry.Overruled is { } said ? $"  against the gate, which said \"{said.InWords()}\"" : "")}");
        }
    }
}
