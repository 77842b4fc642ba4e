using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Json;
using FraudStreams.Pipelines;
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
        var command = new Command("rejected", "Shows why records were rejected, the most frequent reasons first. Reads the topic rejected, embedded or on Kafka, and changes nothing.");
        command.Options.Add(Code);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams rejected",
            "fraudstreams rejected --json > rejected.ndjson     # one record a line, with its original bytes in base64: they are not masked",
            "fraudstreams rejected --code not-a-time --json | head -1 | jq -r .original | base64 -d");
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        if (settings.Topics.Kafka is null)
            CommandChecks.HasTopics(settings);
        using var stop = new StopSignals();
        var records = ReadAsync(settings, call.GetValue(Code), stop.Stopped);
        if (call.GetValue(CommonOptions.Json))
        {
            await foreach (var (json, _) in records)
                Console.Out.WriteLine(Encoding.UTF8.GetString(json.Span));
        }
        else
        {
            await PrintAsync(records);
        }

        return ExitCode.Done;
    }

    /// <param name="code">Only those of this reason; null for all.</param>
    static async IAsyncEnumerable<(ReadOnlyMemory<byte> Json, RejectedRecord? Record)> ReadAsync(
        FraudSettings settings, string? code, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in StreamTopics.ReadRecordsAsync(settings, TopicNames.Rejected, cancellationToken))
        {
            var rejected = RejectedRecord.Read(record.Value);
            if (code is null || rejected?.Reason.Code == code)
                yield return (record.Value, rejected);
        }
    }

    static async Task PrintAsync(IAsyncEnumerable<(ReadOnlyMemory<byte> Json, RejectedRecord? Record)> records)
    {
        var reasons = new Dictionary<string, (long Count, RejectedRecord First)>();
        await foreach (var (_, rejected) in records)
        {
            if (rejected is not { } record)
                continue;
            var (count, first) = reasons.GetValueOrDefault(record.Reason.Code, (0, record));
            reasons[record.Reason.Code] = (count + 1, first);
        }

        if (reasons.Count == 0)
        {
            Screen.Out.WritePlain("Nothing was rejected.");
            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("reason").AddColumn(new TableColumn("records").RightAligned()).AddColumn("first record");
        foreach (var (code, (count, first)) in reasons.OrderByDescending(reason => reason.Value.Count))
            table.AddRow(Markup.Escape(code), $"{count:N0}", Markup.Escape($"{first.Topic}/{first.Partition}, offset {first.Offset}: {first.Reason.Message}"));
        Screen.Out.Write(table);
    }
}
