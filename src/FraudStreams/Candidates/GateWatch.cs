using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Candidates;

/// <summary>
/// Looks at the gate for the running stream: a challenger that has passed goes into service or is suggested, one that has lost is stood down. A champion on
/// probation is replaced by the version before it, where by the labels that have come that one is better. Each decision is an entry of the registry with the
/// report's main figures and digest; the report itself is kept in this host's data folder.
/// </summary>
sealed class GateWatch(ModelRegistry registry, PredictionStore store, GateReports reports, StreamMetrics metrics, ILogger log)
{
    GateState? _logged;
    string? _loggedOf;

    /// <summary>The report of the look; null where there is no challenger to judge, or where looking is left to people.</summary>
    public async Task<GateReport?> LookAsync(CandidateSettings settings, CancellationToken cancellationToken)
    {
        await registry.RefreshAsync(cancellationToken);
        if (settings.Promotion == PromotionMode.Manual || registry.State is not { Champion: not null, Challenger: not null })
        {
            metrics.Gate = null;
            return null;
        }

        if (registry.State.IsChallengerOnProbation)
        {
            metrics.Gate = null;
            return settings.Promotion == PromotionMode.Automatic ? await LookBackAsync(settings, cancellationToken) : null;
        }

        var report = await StoredGate.JudgeAsync(store, registry.State, settings.Gate.Rules, cancellationToken, metrics.ShadowTimes.P99);
        metrics.Gate = report.State;
        Log(report);
        if (report.State == GateState.Passed)
            await PassedAsync(report, settings, cancellationToken);
        else if (report.IsLost)
            await registry.LoseAsync(Entry(report), ModelRegistry.Program, ModelRegistry.OneLine($"lost at the gate: {string.Join("; ", report.Reasons)}"), cancellationToken);
        return report;
    }

    /// <summary>
    /// Labels come later than the promotion: what they say of the two versions, which have scored the same payments since, is asked by the same rules. A person
    /// who promotes again what was rolled back is not overruled by the payments of before.
    /// </summary>
    async Task<GateReport> LookBackAsync(CandidateSettings settings, CancellationToken cancellationToken)
    {
        // More alerts and a rougher calibration are what was usual before the promotion: where the new champion finds too little, they may not keep it in service.
        var rules = settings.Gate.Rules with { MaxAlerts = double.PositiveInfinity, MaxCalibrationLoss = 1 };
        var report = await StoredGate.CompareAsync(store, registry.State, rules, registry.State.InService!.At, cancellationToken);
        if (report.State != GateState.Passed)
            return report;
        log.LogWarning("Model {Version} is replaced by {Former}, the version before it, which is better by the labels that have come", report.Champion, report.Challenger);
        await registry.RollBackAsync(Entry(report), ModelRegistry.Program, $"by the labels that have come the version before {Why(report)}", cancellationToken);
        return report;
    }

    async Task PassedAsync(GateReport report, CandidateSettings settings, CancellationToken cancellationToken)
    {
        if (registry.State.Requests.ContainsKey(report.Challenger) || (settings.Promotion == PromotionMode.Suggest && registry.State.HasPassed(report.Champion, report.Challenger)))
            return;
        if (settings.Promotion == PromotionMode.Automatic)
            await registry.PromoteChallengerAsync(Entry(report), ModelRegistry.Program, Why(report), settings.Approvals, cancellationToken);
        else
            await registry.SuggestAsync(Entry(report), ModelRegistry.Program, Why(report), cancellationToken);
    }

    RegistryGate Entry(GateReport report)
    {
        var file = reports.Keep(report);
        log.LogInformation("The gate's report on {Challenger} is {File}", report.Challenger, file);
        return RegistryGate.Of(report);
    }

    static string Why(GateReport report) => string.Create(CultureInfo.InvariantCulture,
        $"passed the gate: average precision {report.AveragePrecision!.Challenger:0.000} to {report.AveragePrecision.Champion:0.000} (lower bound of the difference {report.AveragePrecision.Lower:+0.000;-0.000}), e-value {report.Evidence.EValue:0}, {report.Frauds:N0} frauds in {report.Days:0} days");

    void Log(GateReport report)
    {
        if ((_logged, _loggedOf) == (report.State, report.Challenger))
            return;
        (_logged, _loggedOf) = (report.State, report.Challenger);
        if (report.State == GateState.Passed)
            log.LogInformation("Challenger {Challenger} has passed the gate: it is better than {Champion}. `fraudstreams models gate` has the figures", report.Challenger, report.Champion);
        else
            log.LogInformation("Challenger {Challenger} has not passed the gate ({State}): {Reasons}", report.Challenger, report.State, string.Join("; ", report.Reasons));
    }
}
