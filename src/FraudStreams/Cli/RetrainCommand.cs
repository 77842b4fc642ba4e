using System.CommandLine;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;

namespace FraudStreams.Cli;

/// <summary>`retrain`: trains the next challenger on the store's payments, at once.</summary>
static class RetrainCommand
{
    static readonly Option<string> Why = new("--why") { Description = "The reason, for those who read the history later.", HelpName = "TEXT", DefaultValueFactory = _ => "asked for by hand" };

    public static Command Create()
    {
        var command = new Command("retrain", "Trains a model on the labelled payments of the store, as far back as models.retrain.history, and makes it the challenger in place of the one before. The champion stays: models gate and models promote decide about that.");
        command.Options.Add(Why);
        command.Options.Add(ModelsCommand.As);
        command.SetAction(InvokeAsync);
        return command.WithExamples("fraudstreams retrain", "fraudstreams retrain --why \"the new terminals\" --set models.retrain.history=30d");
    }

    static async Task<int> InvokeAsync(ParseResult call, CancellationToken cancellationToken)
    {
        var settings = FraudSettings.From(call.Layers().Load());
        using var stop = new StopSignals();
        if (!settings.Store.Exists(settings.DataDirectory))
            throw new CommandFailedException($"there is no store in {settings.DataDirectory}: `fraudstreams run` makes it");
        await using var store = ModelsGate.OpenStore(settings)!;
        await using var topics = StreamTopics.OpenRegistry(settings, CommandLog.Logger, TimeProvider.System);
        var local = new LocalModels(settings.DataDirectory, TimeProvider.System);
        await using var registry = new ModelRegistry(topics, local, settings.Models.Probation.Time, TimeProvider.System);
        await registry.RefreshAsync(stop.Stopped);
        if (registry.State.Champion is null)
            throw new CommandFailedException("no version is in service that could be challenged: `fraudstreams train --input CSV` makes one");

        // Where features are recomputed, the store has all that is needed.
        var isAsScored = settings.Candidates.Retrain.Features == RetrainFeatures.AsScored;
        if (isAsScored)
            CommandChecks.HasTopics(settings);
        await using var stream = isAsScored ? StreamTopics.Open(settings, CommandLog.Logger, TimeProvider.System) : null;
        var logged = stream is null ? null : new LoggedHistory(stream, settings.Topics.Partitions, local);
        var retrainer = new Retrainer(store, registry, local, logged, settings.Model, TimeProvider.System, Console.Error.WriteLine);
        await using var leases = ModelsGate.OpenStore(settings)!;
        var isMine = await new CandidateLease(leases, CandidateLease.ThisProcess, TimeProvider.System).DoAsync(async token =>
        {
            var (model, why) = await retrainer.TrainAsync(call.GetValue(ModelsCommand.As)!, call.GetValue(Why)!, settings.Candidates, token);
            if (model is null)
                throw new CommandFailedException(why!);
            var version = ModelSummary.Of(registry.State, registry[model.Version]);
            if (call.GetValue(CommonOptions.Json))
                JsonOutput.Print(version);
            else
            {
                Screen.Out.Write(MetricsTable.Render(model.Version, "measured on its validation part", model.Card.Metrics));
                Screen.Out.WritePlain($"{model.Version} challenges {registry.State.Champion}: it scores the same payments in its shadow.");
            }
        }, stop.Stopped);
        return isMine ? ExitCode.Done : throw new CommandFailedException("another host looks at the gate or trains at the moment: try again in a minute");
    }
}
