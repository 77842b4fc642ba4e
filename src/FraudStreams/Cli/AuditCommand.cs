using System.CommandLine;
using System.Globalization;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Access.Keys;
using FraudStreams.Api.Resources;
using FraudStreams.Configuration;
using FraudStreams.Dashboard.Cases;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`audit`: every change of an installation: models, speeds, cases, labels, keys, unmasked payments, erased cards.</summary>
static class AuditCommand
{
    static readonly Option<string?> Who = new("--actor") { Description = "Changes by this name alone.", HelpName = "NAME" };

    static readonly Option<string?> Action = new("--action") { Description = "Such changes alone: model, speed, case, label, key, payment, card, or one exactly, such as model.promoted.", HelpName = "ACTION" };

    static readonly Option<string?> Subject = new("--subject") { Description = "Changes to what holds this text: a version, a payment's id, speed_2.", HelpName = "TEXT" };

    static readonly Option<string?> From = new("--from") { Description = "Not older, such as 2026-01-31 or 2026-01-31T08:00:00Z.", HelpName = "TIME" };

    static readonly Option<string?> To = new("--to") { Description = "Older than this.", HelpName = "TIME" };

    static readonly Option<int> Limit = new("--limit") { Description = "At most so many, the latest.", HelpName = "N", DefaultValueFactory = _ => 50 };

    public static Command Create()
    {
        var command = new Command("audit", "Prints who changed what, before and after, latest first: promotions, thresholds, speeds, case decisions, labels, keys, unmasked and erased data. Nothing can be removed from it here.");
        command.With([Who, Action, Subject, From, To, Limit]);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams audit",
            "fraudstreams audit --actor maria --from 2026-01-01",
            "fraudstreams audit --action model --limit 10 --json");
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        var limit = call.GetValue(Limit) is > 0 and var most ? most : throw new SettingsException("--limit must be 1 or more");
        var filter = new AuditFilter(call.GetValue(Who), call.GetValue(Action), call.GetValue(Subject), TimeOf(call, From), TimeOf(call, To));
        if (settings.Topics.Kafka is null && !Directory.Exists(settings.DataDirectory))
            throw new CommandFailedException($"there is no data folder {settings.DataDirectory}: `fraudstreams run` makes it; --data names another");
        var found = await ReadAsync(settings, filter, cancellationToken);
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { Changes = found.Take(limit), Found = found.Count });
            return ExitCode.Done;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn("time (UTC)").AddColumn("who").AddColumn("did").AddColumn("to").AddColumn("before").AddColumn("after").AddColumn("why");
        foreach (var entry in found.Take(limit))
        {
            table.AddRow(
                entry.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Markup.Escape(entry.Actor), Markup.Escape(entry.Action), Markup.Escape(entry.Subject),
                Markup.Escape(entry.Before ?? ""), Markup.Escape(entry.After ?? ""), Markup.Escape(entry.Why ?? ""));
        }

        Screen.Out.Write(table);
        if (found.Count > limit)
            Screen.Out.WritePlain($"and {found.Count - limit:N0} older ones: --limit shows more");
        return ExitCode.Done;
    }

    static async Task<IReadOnlyList<AuditEntry>> ReadAsync(FraudSettings settings, AuditFilter filter, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        await using var access = new AccessTopics(() => StreamTopics.OpenAccess(settings, CommandLog.Logger, time), time);
        await using var keys = new KeyLog(access, time);
        await using var cases = new CaseLog(() => StreamTopics.OpenCases(settings, CommandLog.Logger, time));
        await using var topics = StreamTopics.OpenRegistry(settings, CommandLog.Logger, time);
        await using var registry = new ModelRegistry(topics, new LocalModels(settings.DataDirectory, time), settings.Models.Probation.Time, time);
        var models = new RegistryAudit(async token =>
        {
            await registry.RefreshAsync(token);
            return registry.State.History;
        });
        return await AuditTrail.ReadAsync([new AuditLog(access), keys, cases, models], filter, cancellationToken);
    }

    static DateTimeOffset? TimeOf(ParseResult call, Option<string?> option) => call.GetValue(option) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new SettingsException($"{option.Name} {text}: it must be a time such as 2026-01-31 or 2026-01-31T08:00:00Z");
}
