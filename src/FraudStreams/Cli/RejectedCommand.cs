using System.CommandLine;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Topics;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`rejected`: the reasons for which records were rejected.</summary>
static class RejectedCommand
{
    static readonly Option<string?> Code = new("--code")
    {
        Description = "Only those rejected for this reason, such as not-a-time.",
        HelpName = "CODE",
    };

    public static Command Create()
    {
        var command = new Command("rejected", "Shows why records were rejected, the most frequent reasons first. Reads embedded topics and changes nothing.");
        command.Options.Add(Code);
        command.SetAction(Invoke);
        return command.WithExamples(
            "fraudstreams rejected",
            "fraudstreams rejected --json > rejected.ndjson     # one record a line, with its original bytes in base64: they are not masked",
            "fraudstreams rejected --code not-a-time --json | head -1 | jq -r .original | base64 -d");
    }

    static int Invoke(ParseResult call)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        if (settings.Topics.Kafka is { } kafka)
        {
            throw new SettingsException(
                $"`rejected` reads embedded topics; these are on Kafka: any client shows topic {kafka.Prefix}{TopicNames.Rejected} of {kafka.BootstrapServers}");
        }

        var records = EmbeddedLog.ReadRecords(settings.DataDirectory, TopicNames.Rejected).Select(record => (record.Value, Rejected: RejectedRecord.Read(record.Value)));
        if (call.GetValue(Code) is { } code)
            records = records.Where(record => record.Rejected?.Reason.Code == code);
        if (call.GetValue(CommonOptions.Json))
        {
            foreach (var (json, _) in records)
                Console.Out.WriteLine(Encoding.UTF8.GetString(json.Span));
        }
        else
        {
            Print(records.Select(record => record.Rejected).OfType<RejectedRecord>());
        }

        return ExitCode.Done;
    }

    static void Print(IEnumerable<RejectedRecord> records)
    {
        var reasons = new Dictionary<string, (long Count, RejectedRecord First)>();
        foreach (var record in records)
        {
            var (count, first) = reasons.GetValueOrDefault(record.Reason.Code, (0, record));
            reasons[record.Reason.Code] = (count + 1, first);
        }

        if (reasons.Count == 0)
        {
            Screen.Out.WriteLine("Nothing was rejected.");
            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("reason").AddColumn(new TableColumn("records").RightAligned()).AddColumn("first record");
        foreach (var (code, (count, first)) in reasons.OrderByDescending(reason => reason.Value.Count))
            table.AddRow(Markup.Escape(code), $"{count:N0}", Markup.Escape($"{first.Topic}/{first.Partition}, offset {first.Offset}: {first.Reason.Message}"));
        Screen.Out.Write(table);
    }
}
