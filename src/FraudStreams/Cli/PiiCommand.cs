using System.CommandLine;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Privacy;
using FraudStreams.Topics;
using Npgsql;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`pii audit`: whether anything that the program wrote holds card numbers, or secret fields where they do not belong.</summary>
static class PiiCommand
{
    static readonly Option<FileInfo[]> Files = new("--file")
    {
        Description = "A saved log, metrics of /metrics, an export: searched as well. Can be given several times.",
        HelpName = "FILE",
        DefaultValueFactory = _ => [],
    };

    public static Command Create()
    {
        var audit = new Command(
            "audit",
            "Searches topics, store, snapshots, journal, mails and models for card numbers, and what people are told for other secret fields. Prints places and counts, never what was found; ends with 1 where something was.") { Files };
        audit.SetAction(InvokeAsync);
        return new Command("pii", "Personal data where it should not be.")
        {
            audit.WithExamples("fraudstreams pii audit", "fraudstreams pii audit --config hocon/production.conf --file /var/log/fraudstreams.log --json"),
        };
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        if (settings.Topics.Kafka is null && !Directory.Exists(settings.DataDirectory))
            throw new CommandFailedException($"there is no data folder {settings.DataDirectory}: --data names another");
        var files = call.GetValue(Files) ?? [];
        if (files.FirstOrDefault(file => !file.Exists) is { } missing)
            throw new SettingsException($"--file {missing}: there is no such file");
        var schema = SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory);
        string[] topics =
        [
            TopicNames.Transactions, TopicNames.Predictions, TopicNames.Rejected, TopicNames.Shadow, TopicNames.Alerts, TopicNames.Undelivered, TopicNames.Labels, TopicNames.Cases,
            TopicNames.Keys, TopicNames.Audit, TopicNames.Models, TopicNames.Drift, .. settings.Topics.Kafka is null ? [] : new[] { PiiAudit.Snapshots },
        ];
        var places = new PiiPlaces(
            settings.DataDirectory, topics, (topic, token) => StreamTopics.ReadRecordsAsync(settings, topic, token), settings.Store.Postgres ?? settings.Alerts.Journal.Postgres,
            [.. files.Select(file => file.FullName)]);
        PiiReport report;
        try
        {
            report = await PiiSearch.RunAsync(schema, places, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new CommandFailedException($"the database cannot be searched: {e.Message}");
        }

        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { Clean = report.IsClean, report.Places, report.SecretsLimit, report.Findings });
        }
        else if (report.IsClean)
        {
            Screen.Out.WritePlain($"Clean: no card number in {report.Places:N0} topics, tables and files, and no secret field where people are told something.");
        }
        else
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumn("where").AddColumn("what").AddColumn(new TableColumn("how many").RightAligned());
            foreach (var finding in report.Findings)
                table.AddRow(Markup.Escape(finding.Place), finding.Kind, $"{finding.Count:N0}");
            Screen.Out.Write(table);
            Screen.Out.WritePlain(!settings.Privacy.IsOn
                ? "privacy.card-token is off: with it on, what is written from then on holds tokens."
                : "What was written before privacy.card-token was on, or by others, holds numbers until it leaves with retention.");
        }

        if (report.SecretsLimit is { } limit && !call.GetValue(CommonOptions.Json))
            Screen.Out.WritePlain($"The payments have more than {limit:N0} secret values: only the first {limit:N0} were looked for. Card numbers were looked for everywhere.");
        return report.IsClean ? ExitCode.Done : ExitCode.Failed;
    }
}
