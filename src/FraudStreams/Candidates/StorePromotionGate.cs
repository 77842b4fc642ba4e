using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>Judges by what the store holds, opened for each question, and keeps the report.</summary>
/// <param name="openStore">Null where there is no store yet.</param>
sealed class StorePromotionGate(Func<PredictionStore?> openStore, LiveCandidateSettings settings, GateReports reports) : IPromotionGate
{
    /// <param name="dataDirectory">Reports are kept in its folder gate/.</param>
    public static IPromotionGate Create(Func<PredictionStore?> openStore, LiveCandidateSettings settings, string dataDirectory) =>
        new StorePromotionGate(openStore, settings, new GateReports(dataDirectory));

    public async Task<GateOpinion?> AskAsync(RegistryState state, string version, CancellationToken cancellationToken)
    {
        if (state.Champion is not { } champion || champion == version)
            return null;
        if (state.Challenger != version)
            return GateOpinion.NotJudged($"it is not the challenger, so that no payments were scored by it and by {champion}");
        if (state.IsChallengerOnProbation)
            return GateOpinion.NotJudged($"it was the champion before {champion}, and scores in its shadow until the probation is over");
        try
        {
            await using var store = openStore();
            if (store is null)
                return GateOpinion.NotJudged("there is no store yet");
            var report = await StoredGate.JudgeAsync(store, state, settings.Current.Gate.Rules, cancellationToken);
            reports.Keep(report);
            return new GateOpinion(report.State, report.Reasons) { Entry = RegistryGate.Of(report) };
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            return GateOpinion.NotJudged(e.Message);
        }
    }
}
