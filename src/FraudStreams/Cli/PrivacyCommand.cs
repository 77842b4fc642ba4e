using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Privacy;

namespace FraudStreams.Cli;

/// <summary>`privacy`: the key of card tokens, a card's token, and erasing a card.</summary>
static class PrivacyCommand
{
    static readonly Argument<string> KeyFile = new("FILE") { Description = "The file of privacy.token-key-file; made where it is missing." };

    static readonly Option<string> Card = new("--card")
    {
        Description = "The card's number or its token; - reads it from standard input, where no history of commands keeps it.",
        HelpName = "NUMBER",
        Required = true,
    };

    static readonly Option<string> Why = new("--why") { Description = "The reason, which the audit log keeps.", HelpName = "TEXT", Required = true };

    public static Command Create()
    {
        var key = new Command("key", "Puts a new key first into a key file, before those that are there: new tokens are made of the former ones, so that windows go on. Stop all hosts, copy the file to them, start them: one with the former file takes new tokens for new cards.") { KeyFile };
        key.SetAction(MakeKey);
        var token = new Command("token", "Prints the tokens of a card, that of the key in force first: to search topics or the store for it.") { Card };
        token.SetAction(PrintTokens);
        var erase = new Command(
            "erase", "Erases a card from store, embedded topics, snapshots of windows and the journal of alerts, and says what it cannot reach. Stop the stream first, on all hosts. The audit log keeps who did it and why, not the card.") { Card, Why, ModelsCommand.As };
        erase.SetAction(EraseAsync);
        return new Command("privacy", "Card tokens, and erasing a card. `pii audit` looks for what should not be there.")
        {
            key.WithExamples("fraudstreams privacy key /etc/fraudstreams/token.key"),
            token.WithExamples("fraudstreams privacy token --card - < card.txt"),
            erase.WithExamples("fraudstreams privacy erase --card - --why \"request 2026-17\" < card.txt", "fraudstreams privacy erase --card tok_4c1f_… --why \"request 2026-17\" --json"),
        };
    }

    static int MakeKey(ParseResult call)
    {
        var file = call.GetValue(KeyFile)!;
        RotatedKey key;
        try
        {
            key = CardTokenKeys.Rotate(file);
        }
        catch (FormatException e)
        {
            throw new CommandFailedException($"{file}: {e.Message}");
        }

        if (key.LostOwner is { } owner)
            Screen.Error.WritePlain($"{file} was another user's and is {Environment.UserName}'s now: `chown {owner} {file}` as root gives it back, or the hosts may not be able to read it");
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { File = file, Key = key.Name, key.Before });
        else
            Screen.Out.WritePlain(key.Before is null ? $"{file} holds the key {key.Name}." : $"{file} holds the new key {key.Name}, and {key.Before} before it: cards get new tokens from the next start on, and their windows go on.");
        return ExitCode.Done;
    }

    static int PrintTokens(ParseResult call)
    {
        var (settings, schema) = Read(call);
        var tokens = settings.Privacy.For(schema) ?? throw new CommandFailedException("privacy.card-token is off: there are no tokens");
        var found = tokens.Of(CardOf(call));
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { Tokens = found });
        else
            Screen.Out.WritePlain(string.Join('\n', found));
        return ExitCode.Done;
    }

    static async Task<int> EraseAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var (settings, schema) = Read(call);
        if (schema.Roles.Card is null)
            throw new CommandFailedException($"schema {schema.Name} has no card");
        if (settings.Topics.Kafka is null && !Directory.Exists(settings.DataDirectory))
            throw new CommandFailedException($"there is no data folder {settings.DataDirectory}: --data names another");
        const string cure = "stop it first, or it writes anew what it remembers of the card";
        if (HeartbeatFile.OfThisMachine(settings.DataDirectory) is [var here, ..])
            throw new CommandFailedException($"process {here.ProcessId} of this machine runs on {settings.DataDirectory}: {cure}");
        if (HeartbeatFile.OfAllMachines(settings.DataDirectory, TimeProvider.System.GetUtcNow()) is [var running, ..])
            throw new CommandFailedException($"process {running.ProcessId} on {running.Machine} runs on {settings.DataDirectory}: {cure}");
        if (await StreamTopics.MembersAsync(settings, cancellationToken) is [var (group, machine), ..])
            throw new CommandFailedException($"a host at {machine.TrimStart('/')} consumes topics at {settings.Topics.Kafka!.BootstrapServers}, in group {settings.Topics.Kafka.Prefix}{group}: {cure}");
        var card = CardOf(call);
        ImmutableArray<string> names;
        try
        {
            names = CardEraser.NamesOf(card, settings.Privacy.For(schema));
        }
        catch (FormatException e)
        {
            throw new SettingsException($"--card: {e.Message}", e);
        }

        var topics = StreamTopics.Resolved(settings).Topics;
        if (StreamTopics.ReadStatus(settings) is { } status && CardEraser.WhyBack(status, topics, card) is { } why)
            throw new CommandFailedException(why);
        await using (var access = new AccessTopics(() => StreamTopics.OpenAccess(settings, CommandLog.Logger, TimeProvider.System), TimeProvider.System))
        {
            await new AuditLog(access).AppendAsync(
                new AuditEntry(TimeProvider.System.GetUtcNow(), call.GetValue(ModelsCommand.As)!, "card.erased", SecretText.Mask(Encoding.UTF8.GetBytes(card))) { Why = call.GetValue(Why) });
        }

        var erased = await CardEraser.EraseAsync(
            settings.Store, settings.Alerts.Journal, topics, settings.DataDirectory, schema, names, cancellationToken);
        var code = erased.Unfinished.IsEmpty && !erased.IsNothing ? ExitCode.Done : ExitCode.Failed;
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(erased);
            return code;
        }

        Screen.Out.WritePlain($"Erased: {erased.Payments:N0} payments and {erased.Labels:N0} labels of the store, {erased.Records:N0} records of topics, the card in {erased.Snapshots:N0} snapshots of windows and {erased.Journal:N0} entries of the journal of alerts.");
        Screen.Out.WritePlain("Not reached:");
        foreach (var place in erased.NotReached)
            Screen.Out.WritePlain($"  {place}");
        foreach (var unfinished in erased.Unfinished)
            Screen.Error.WritePlain($"Not finished: {unfinished}");
        if (erased.IsNothing)
        {
            Screen.Error.WritePlain(
                $"Nothing was found of {(CardTokens.IsToken(Encoding.UTF8.GetBytes(card)) ? "this token" : "this card")}, and nothing is changed: is it written as the payments have it? "
                + "What an earlier run has erased is found no more; where that one was not finished, it is now.");
        }

        return code;
    }

    static (FraudSettings Settings, TransactionSchema Schema) Read(ParseResult call)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        return (settings, SchemaResolver.Resolve(settings.Schema, settings.Simulate.Input, settings.DataDirectory));
    }

    static string CardOf(ParseResult call)
    {
        var card = call.GetValue(Card) is { } given and not "-" ? given : Console.In.ReadLine();
        return card?.Trim() is { Length: > 0 } text ? text : throw new SettingsException("--card: it must be a card's number or its token, and not empty");
    }
}
