using FraudStreams.Diagnostics;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>
/// Trains on what the store holds and makes the result the challenger. It learns from payments that are older than the label delay, and the gate counts later
/// ones alone: no payment is both learnt from and judged by.
/// </summary>
sealed class Retrainer(PredictionStore store, ModelRegistry registry, LocalModels local, ModelSettings model, TimeProvider time, Action<string> log)
{
    /// <summary>The new challenger, or why there is none.</summary>
    /// <param name="why">Who or what asked for it.</param>
    public async Task<(ScoringModel? Model, string? Why)> TrainAsync(string actor, string why, CandidateSettings settings, CancellationToken cancellationToken)
    {
        if (await store.LatestEventTimeAsync(cancellationToken) is not { } latest)
            return (null, "the store has no payments");
        var to = latest - (long)(settings.Gate.Rules.LabelDelayDays * TimeSpan.MillisecondsPerDay);
        var learnFrom = to - (long)settings.Retrain.History.TotalMilliseconds;

        // What windows remember of the first payments that are learnt from came before them.
        var history = new StoredHistory(store, learnFrom - (long)store.Schema.LongestMemory.TotalMilliseconds, to + 1);
        var (trained, whyNot) = await BlockingCall.RunAsync(
            () => LowPriority.Run(() => new Trainer(model with { Threads = 1 }, local, WorkProgress.Logged(log), time) { LearnFrom = learnFrom }.Train(history, cancellationToken)), cancellationToken);
        if (trained is null)
            return (null, whyNot);
        await registry.RegisterAsync(trained.Card, actor, ModelRegistry.OneLine(why), cancellationToken);
        await registry.ChallengeAsync(trained.Version, actor, ModelRegistry.OneLine(why), cancellationToken);
        return (trained, null);
    }
}
