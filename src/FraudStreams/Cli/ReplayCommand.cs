using System.CommandLine;
using System.CommandLine.Parsing;
using Akka.Actor;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Pipelines;
using FraudStreams.Privacy;
using FraudStreams.Replay;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Cli;

/// <summary>`replay`: scores the payments of the topic, or of the store, once more with the stages of the stream.</summary>
static class ReplayCommand
{
    const string TopicPrefix = "topic:";

    static readonly Option<long?> From = Moment("--from", "First event time, such as 2026-01-31 or 2026-01-31T08:00:00Z. Default: from the first payment of the topic.");
    static readonly Option<long?> To = Moment("--to", "Event time before which it ends. Default: to the last payment.");
    static readonly Option<bool> Force = CommandChecks.Force();

    static readonly Option<string?> Model = new("--model")
    {
        Description = "The version, or a model's folder, to score with; its card says the features. Default: the version in service.",
        HelpName = "VERSION|DIR",
    };

    static readonly Option<bool> FromStore = new("--from-store")
    {
        Description = "Read the payments of the store, in the order of event time, where the topic no longer has them. They hold the schema's fields and nothing else of the original records; equal times come in the order of ids, and late payments at their event time.",
    };

    static readonly Option<string> Into = new("--into")
    {
        Description = "Where the predictions go: a file to create, with a JSON object a line, or topic:NAME. They hold full card numbers: nothing is masked, and only the file's owner may read it.",
        HelpName = "FILE|topic:NAME",
        Required = true,
    };

    public static Command Create()
    {
        var command = new Command(
            "replay", "Scores payments of the topic, or of the store, once more, as the stream does and at full speed, into a file or a side topic. The running stream is not touched.");
        command.With([From, To, FromStore, Model, Into, Force]);
        command.SetAction(InvokeAsync);
        return command.WithExamples(
            "fraudstreams replay --into again.ndjson",
            "fraudstreams replay --from 2026-01-01 --to 2026-02-01 --model cards-20260131-120000 --into january.ndjson",
            "fraudstreams replay --from-store --from 2025-01-01 --to 2025-07-01 --into spring.ndjson",
            "fraudstreams replay --into topic:challenger --model other/cards-20260131-120000 --set scoring.carry-features=on");
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var config = call.Layers().Load();
        var settings = FraudSettings.From(config);
        var model = ModelOf(call, settings);
        SchemaResolver.CheckModel(settings.Schema, null, model);
        var into = call.GetValue(Into)!;
        var sideTopic = into.StartsWith(TopicPrefix, StringComparison.Ordinal) ? into[TopicPrefix.Length..] : null;
        if (sideTopic is not null && (sideTopic.Length == 0 || settings.Topics.PartitionsOfTopics.ContainsKey(sideTopic)))
            throw new SettingsException($"--into {into}: it must be a side topic; {string.Join(", ", settings.Topics.PartitionsOfTopics.Keys)} are topics of the stream");
        var fromStore = call.GetValue(FromStore);
        if (!fromStore || sideTopic is not null)
            CommandChecks.HasTopics(settings);
        if (!fromStore)
            await TopicSchema.CheckAsync(settings, model.Schema, cancellationToken);
        if (sideTopic is null)
            CommandChecks.MayWrite(into, call.GetValue(Force));
        var range = new ReplayStretch(call.GetValue(From) ?? long.MinValue, call.GetValue(To) ?? long.MaxValue);
        using var stop = new StopSignals();
        var counts = await WorkProgress.RunAsync(async progress =>
        {
            using var system = ActorSystem.Create("replay", config);
            await using var topics = fromStore && sideTopic is null ? null : TokenizedLog.Of(StreamTopics.Open(settings, CommandLog.Logger, TimeProvider.System, sideTopic: sideTopic), settings.Privacy.For(model.Schema));
            await using var store = fromStore ? OpenStore(settings, model) : null;
            var total = store is null
                ? (await topics!.StatusAsync(stop.Stopped)).Topics.First(topic => topic.Topic == TopicNames.Transactions).Kept
                : (await store.CountAsync(stop.Stopped)).Stored;
            if (sideTopic is null && model.Schema.HasSecrets && !settings.Privacy.IsOn)
                progress.Warning($"{into} holds full card numbers: nothing in it is masked");
            var step = progress.Step($"replaying with {model.Version} into {into}");
            await using IReplayOutput output = sideTopic is null ? new ReplayFile(into, call.GetValue(Force), TimeProvider.System) : new ReplayTopic(topics!, sideTopic, TimeProvider.System);
            var replay = new ReplayPayments(
                store is null ? topics! : range.Of(store, settings.Privacy.For(model.Schema)), store is null ? settings.Topics.Partitions : 1, topics is null ? settings.Topics : settings.Fitting(topics, model.Schema).Topics, settings.Scoring, model, range, output, system,
                read => step((double)read / Math.Max(1, total)));
            return await replay.RunAsync(stop.Stopped);
        });
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(counts);
        else
            Screen.Out.WritePlain($"{counts.Replayed:N0} payments replayed with {model.Version} into {into}, {counts.PredictedFrauds:N0} of them predicted frauds; {counts.Rejected:N0} records are not payments");
        return ExitCode.Done;
    }

    static PredictionStore OpenStore(FraudSettings settings, ScoringModel model)
    {
        if (settings.Store.ReadCounts(settings.DataDirectory).Stored == 0)
            throw new CommandFailedException($"there are no payments in the store of {settings.DataDirectory}: `fraudstreams run` stores some");
        return settings.Store.Open(settings.DataDirectory, settings.Topics, model.Schema, TimeProvider.System);
    }

    static ScoringModel ModelOf(ParseResult call, FraudSettings settings)
    {
        if (call.GetValue(Model) is not { } named)
            return CommandChecks.Champion(settings);
        return ModelArtifact.Load(Directory.Exists(named) ? named : new LocalModels(settings.DataDirectory, TimeProvider.System).FolderOf(named));
    }

    static Option<long?> Moment(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => Parse(result, name),
    };

    static long? Parse(ArgumentResult result, string name)
    {
        try
        {
            return ReplayStretch.Moment(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError($"{name}: {e.Message}");
            return null;
        }
    }
}
