using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>The gate on what the store holds: the predictions of the champion, the challenger's scores of the same payments, and their labels.</summary>
static class StoredGate
{
    /// <exception cref="RegistryException">There is no challenger to judge.</exception>
    /// <exception cref="StoreException">The store cannot be read now.</exception>
    public static async Task<GateReport> JudgeAsync(PredictionStore store, RegistryState state, GateRules rules, CancellationToken cancellationToken)
    {
        if (state is not { Champion: { } champion, Challenger: { } challenger })
            throw new RegistryException("there is no challenger to judge: `fraudstreams models challenge VERSION --why TEXT` makes a version the challenger");
        if (state.IsChallengerOnProbation)
            throw new RegistryException($"there is no challenger to judge: {challenger} was the champion before {champion}, and scores in its shadow until the probation is over");
        var scored = await store.ReadShadowedAsync(champion, challenger, cancellationToken);
        var now = await store.LatestEventTimeAsync(cancellationToken) ?? 0;
        var trainedTo = state.Versions[challenger].Model.TrainedTo.ToUnixTimeMilliseconds();

        // Seconds of work on a million payments: on a thread of its own, and after everything else.
        return await LowPriority.RunAsync(() => PromotionGate.Judge(champion, challenger, scored.Payments, trainedTo, now, rules) with
        {
            LeftOutUnlabelled = scored.Unlabelled,
            LeftOutKnown = scored.KnownBefore,
        }, cancellationToken);
    }
}
