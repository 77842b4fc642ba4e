using FraudStreams.Diagnostics;
using FraudStreams.Model.Evaluation.Promotion;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Candidates;

/// <summary>
/// The candidate loop of a stream: looks at the gate and for drift, and trains a new challenger when it is due. A challenger that passed goes into service; one that lost is
/// trained anew on the newest payments; one that a person brought in takes the challenger's place, and is judged like any other. One host of a stream runs it
/// at a time. One caller at a time.
/// </summary>
sealed class CandidateLoop(
    ModelRegistry registry, PredictionStore store, GateWatch gate, DriftWatch drift, Retrainer retrainer, CandidateLease lease, LiveCandidateSettings settings, TimeProvider time, ILogger log)
{
    /// <summary>The champion's performance is measured on the mature payments of so many days.</summary>
    const double PerformanceDays = 30;

    DateTimeOffset? _lastLook;
    DateTimeOffset? _lastAttempt;
    bool _isDriftFailing;

    /// <summary>Looks if it is time to and no other host does.</summary>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var current = settings.Current;
        var (now, lastLook, isBegun) = (time.GetUtcNow(), _lastLook, false);
        if (!current.IsOn || (lastLook is { } last && now - last < current.Gate.Every))
            return;
        var isDone = await lease.DoAsync(async token =>
        {
            (_lastLook, isBegun) = (now, true);
            await LookAsync(current, token);
        }, cancellationToken);
        if (isDone || !isBegun)
            return;
        log.LogWarning("The right to look at the gate and to train was lost on the way, and what was begun is dropped: the host that has it next begins anew");
        _lastLook = lastLook;
    }

    async Task LookAsync(CandidateSettings current, CancellationToken cancellationToken)
    {
        await gate.LookAsync(current, cancellationToken);
        var drifted = await DriftAsync(current, cancellationToken);
        if (!current.Retrain.IsOn)
            return;
        await registry.RefreshAsync(cancellationToken);
        if (registry.State.Champion is null || RetrainTriggers.Due(await FactsAsync(current, cancellationToken) with { Drift = drifted }, current.Retrain) is not { } why)
            return;
        log.LogInformation("A new challenger is trained: {Why}", why);
        var before = _lastAttempt;
        _lastAttempt = time.GetUtcNow();
        ScoringModel? model;
        string? whyNot;
        try
        {
            (model, whyNot) = await retrainer.TrainAsync(ModelRegistry.Program, why, current, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nothing is known of what it would have come to: no cool-down.
            _lastAttempt = before;
            throw;
        }

        if (model is null)
            log.LogWarning("No new challenger: {Why}", whyNot);
        else
            log.LogInformation("{Version} is trained and challenges {Champion}", model.Version, registry.State.Champion);
    }

    /// <summary>Whatever keeps it from being seen keeps no model from being trained.</summary>
    async Task<string?> DriftAsync(CandidateSettings current, CancellationToken cancellationToken)
    {
        try
        {
            var drifted = await drift.LookAsync(current, cancellationToken);
            if (_isDriftFailing)
                log.LogInformation("Drift can be watched again");
            _isDriftFailing = false;
            return drifted;
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            if (!_isDriftFailing)
                log.LogWarning("Drift cannot be watched; everything else goes on: {Reason}", e.Message);
            _isDriftFailing = true;
            return null;
        }
    }

    async Task<RetrainFacts> FactsAsync(CandidateSettings current, CancellationToken cancellationToken)
    {
        var state = registry.State;
        var trainings = state.Versions.Values.Select(version => (DateTimeOffset?)version.RegisteredAt).Append(_lastAttempt);
        var isJudged = state is { Challenger: not null, IsChallengerOnProbation: false };
        if (isJudged || await store.LatestEventTimeAsync(cancellationToken) is not { } latest)
            return new RetrainFacts(time.GetUtcNow(), trainings.Max(), isJudged, state.HasLost, 0, null);
        var matureTo = latest - (long)(current.Gate.Rules.LabelDelayDays * TimeSpan.MillisecondsPerDay);
        var learntTo = state.Versions.Values.Where(version => version.Model.Rows > 0).Select(version => version.Model.TrainedTo.ToUnixTimeMilliseconds()).DefaultIfEmpty(0).Max();
        var newLabels = await store.CountLabelledAsync(learntTo, matureTo, cancellationToken);
        return new RetrainFacts(time.GetUtcNow(), trainings.Max(), isJudged, state.HasLost, newLabels, await PrecisionLowerAsync(current, matureTo, cancellationToken));
    }

    /// <summary>Null where the setting does not ask for it: it reads a month of payments.</summary>
    async Task<double?> PrecisionLowerAsync(CandidateSettings current, long matureTo, CancellationToken cancellationToken)
    {
        if (current.Retrain.MinAveragePrecision <= 0)
            return null;
        var (champion, after) = (registry.State.Champion!, matureTo - (long)(PerformanceDays * TimeSpan.MillisecondsPerDay));
        return await LowPriority.RunAsync(async () => PrecisionBound.Lower(await store.ReadDecidedAsync(champion, after, matureTo, cancellationToken)), cancellationToken);
    }
}
