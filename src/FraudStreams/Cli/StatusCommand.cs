using System.CommandLine;
using FraudStreams.Diagnostics;
using FraudStreams.Pipelines;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`status`: what a data folder holds and how far each group is, beside a running stream or without one.</summary>
static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Counts and lags of a data folder, and the model version that scores in each process that runs on it, beside a running stream or without one. Changes nothing.");
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams status",
            "fraudstreams status --data /srv/fraudstreams --json");
    }

    static int Invoke(ParseResult call)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        var status = FolderStatus.Read(settings)
            ?? throw new CommandFailedException($"{settings.DataDirectory} holds no stream: `fraudstreams run` makes one there");
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(status.WriteTo);
        else
            Screen.Out.Write(Render(status));
        return ExitCode.Done;
    }

    static Table Render(FolderStatus status)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("what").AddColumn(new TableColumn("records").RightAligned());
        table.AddRow("transactions", $"{status.Transactions:N0}");
        table.AddRow("predictions", $"{status.Predictions:N0}");
        table.AddRow("rejected", $"{status.Rejected:N0}");
        table.AddRow("stored", $"{status.Stored:N0}");
        table.AddRow("predicted frauds", $"{status.PredictedFrauds:N0}");
        table.AddRow("alerts delivered", $"{status.Alerts:N0}");
        if (status.Hosts.Any(host => host.AlertsWaiting is not null))
            table.AddRow("alerts that wait", $"{status.Hosts.Sum(host => host.AlertsWaiting ?? 0):N0}");
        table.AddRow("alerts refused for good", $"{status.Undelivered:N0}");
        table.AddRow("labels", $"{status.Labels:N0}");
        foreach (var (group, lag) in status.Lag)
            table.AddRow($"lag of {Markup.Escape(group)}", $"{lag:N0}");
        table.AddRow("model in service", Markup.Escape(status.ModelVersion ?? "none yet"));
        foreach (var host in status.Hosts)
        {
            table.AddRow(
                Markup.Escape($"{host.Machine}, process {host.ProcessId} ({string.Join(", ", host.Roles)})"),
                Markup.Escape(host switch
                {
                    { ModelVersion: { } version } => $"scores with {version}",
                    _ when host.Roles.Contains("score") => "scores, its version is not known yet",
                    _ => "does not score",
                }));
        }
        return table;
    }
}
