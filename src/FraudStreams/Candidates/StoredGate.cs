using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>The gate on what the store holds: the predictions of the champion, the challenger's scores of the same payments, and their labels.</summary>
static class StoredGate
{
    /// <exception cref="RegistryException">There is no challenger to judge.</exception>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    /// <param name="scoringP99">The challenger's p99 of scoring a batch, where this process measured it.</param>
    public static async Task<GateReport> JudgeAsync(
        PredictionStore store, RegistryState state, GateRules rules, CancellationToken cancellationToken, TimeSpan? scoringP99 = null)
    {
        if (state is not { Champion: not null, Challenger: not null })
            throw new RegistryException("there is no challenger to judge: `fraudstreams models challenge VERSION --why TEXT` makes a version the challenger");
        if (state.IsChallengerOnProbation)
            throw new RegistryException($"there is no challenger to judge: {state.Challenger} was the champion before {state.Champion}, and scores in its shadow until the probation is over");
        return await CompareAsync(store, state, rules, DateTimeOffset.UnixEpoch, cancellationToken, scoringP99);
    }

    /// <summary>The same of any version in the champion's shadow: of the one before it, too, which is there for the probation.</summary>
    /// <param name="scoredFrom">Payments that were scored before do not count.</param>
    public static async Task<GateReport> CompareAsync(
        PredictionStore store, RegistryState state, GateRules rules, DateTimeOffset scoredFrom, CancellationToken cancellationToken, TimeSpan? scoringP99 = null)
    {
        var (champion, challenger) = (state.Champion!, state.Challenger!);
        var trainedTo = state.Versions[challenger].Model.TrainedTo.ToUnixTimeMilliseconds();

        // Seconds of work on a million payments: after everything else.
        return await LowPriority.RunAsync(async () =>
        {
            var scored = await store.ReadShadowedAsync(champion, challenger, scoredFrom.ToUnixTimeMilliseconds(), cancellationToken);
            var now = await store.LatestEventTimeAsync(cancellationToken) ?? 0;
            return PromotionGate.Judge(champion, challenger, scored.Payments, trainedTo, now, rules, scoringP99) with
            {
                LeftOutUnlabelled = scored.Unlabelled,
                LeftOutKnown = scored.KnownBefore,
            };
        }, cancellationToken);
    }
}
