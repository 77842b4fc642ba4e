using FraudStreams.Diagnostics;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>
/// Trains on what the stream has seen and makes the result the challenger. It learns from payments that are older than the label delay, and the gate counts
/// later ones alone: no payment is both learnt from and judged by. Labels are the confirmed ones, else the source's own.
/// </summary>
/// <param name="logged">Null where there are no predictions to read features from.</param>
sealed class Retrainer(
    PredictionStore store, ModelRegistry registry, LocalModels local, LoggedHistory? logged, ModelSettings model, TimeProvider time, Action<string> log)
{
    /// <summary>The new challenger, or why there is none.</summary>
    /// <param name="why">Who or what asked for it.</param>
    public async Task<(ScoringModel? Model, string? Why)> TrainAsync(string actor, string why, CandidateSettings settings, CancellationToken cancellationToken)
    {
        if (await store.LatestEventTimeAsync(cancellationToken) is not { } latest)
            return (null, "the store has no payments");
        var to = latest - (long)(settings.Gate.Rules.LabelDelayDays * TimeSpan.MillisecondsPerDay);
        var from = to - (long)settings.Retrain.History.TotalMilliseconds;
        var (trained, whyNot) = settings.Retrain.Features == RetrainFeatures.AsScored
            ? await AsScoredAsync(from, to, cancellationToken)
            : await RecomputedAsync(from, to, cancellationToken);
        if (trained is null)
            return (null, whyNot);
        await registry.RegisterAsync(trained.Card, actor, ModelRegistry.OneLine(why), cancellationToken);
        await registry.ChallengeAsync(trained.Version, actor, ModelRegistry.OneLine(why), cancellationToken);
        return (trained, null);
    }

    /// <summary>From the store. What windows remember of the first payments that are learnt from came before them.</summary>
    Task<(ScoringModel?, string?)> RecomputedAsync(long from, long to, CancellationToken cancellationToken)
    {
        var history = new StoredHistory(store, from - (long)store.Schema.LongestMemory.TotalMilliseconds, to + 1);
        return LowPriority.RunAsync(() => NewTrainer(from).Train(history, cancellationToken), cancellationToken);
    }

    /// <summary>From the predictions of the topic, which carry what the champion's features were.</summary>
    async Task<(ScoringModel?, string?)> AsScoredAsync(long from, long to, CancellationToken cancellationToken)
    {
        if (registry.State.Champion is not { } name)
            return (null, "no version is in service whose features could be learnt from");
        var champion = await registry.LoadAsync(name, cancellationToken);
        await FetchAsync(cancellationToken);
        return await LowPriority.RunAsync(async () =>
        {
            var confirmed = (await store.ReadLabelsAsync(cancellationToken)).GroupBy(label => label.Id).ToDictionary(of => of.Key, of => of.Last().Fraud);
            var rows = logged is null ? null : await logged.ReadAsync(champion.Features, confirmed, WorkProgress.Logged(log), _ => { }, cancellationToken, (from, to));
            var (first, end) = rows is null ? (0, 0) : (rows.At(from), rows.At(to + 1));
            return first == end
                ? (null, $"{LoggedHistory.Name} has no labelled payment, older than the label delay, with the features that it was scored with: models.retrain.features = as-scored wants scoring.carry-features = on")
                : NewTrainer(from).Train(LoggedHistory.Name, champion.Features, rows!.Slice(first, end - first), champion.Card.Training.Columns, cancellationToken);
        }, cancellationToken);
    }

    /// <summary>Whichever host trains learns from the predictions of all versions, of those that came before it as well.</summary>
    async Task FetchAsync(CancellationToken cancellationToken)
    {
        foreach (var version in registry.State.Versions.Values.Where(version => version.Failure is null && !Directory.Exists(local.FolderOf(version.Version))).ToList())
        {
            try
            {
                await registry.LoadAsync(version.Version, cancellationToken);
            }
            catch (ModelArtifactException e)
            {
                log($"Predictions of {version.Version} are not learnt from: {e.Message}");
            }
        }
    }

    Trainer NewTrainer(long from) => new(model with { Threads = 1 }, local, WorkProgress.Logged(log), time) { LearnFrom = from };
}
