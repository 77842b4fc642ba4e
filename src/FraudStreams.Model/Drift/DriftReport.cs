using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace FraudStreams.Model.Drift;

/// <summary>What a window of payments showed of one feature, of the score, of the alerts, or of what labels said.</summary>
/// <param name="Name">The feature; "time of day", "score", "alerts", "precision", "recall".</param>
/// <param name="Effect">How large the difference is (<see cref="DriftRules.MinEffect"/>).</param>
/// <param name="Wasserstein">In standard deviations of the reference, of values or of ranks, the greater; null but of numbers.</param>
/// <param name="Psi">Population stability index; null of alerts, precision and recall.</param>
/// <param name="JensenShannon">Distance, 0..1; null of numbers, alerts, precision and recall.</param>
/// <param name="Missing">Share of missing values; null but of features.</param>
/// <param name="PValue">How probable so great a difference is by chance, before Holm.</param>
/// <param name="IsFlagged">Effect and significance, in this window.</param>
/// <param name="IsAlarm">Flagged, and confirmed by the windows before it.</param>
/// <param name="What">What changed most, in words; null where it is not flagged.</param>
public sealed record DriftFinding(
    string Name, double Effect, double? Wasserstein, double? Psi, double? JensenShannon, double? Missing, double PValue, bool IsFlagged, bool IsAlarm, string? What);

/// <summary>A window of event time beside the reference's same hours of the week.</summary>
/// <param name="Payments">Scored in it.</param>
/// <param name="Alerts">Predicted frauds.</param>
/// <param name="Truth">What labels said; null where they are not known yet.</param>
public sealed record DriftWindow(
    DateTimeOffset From, DateTimeOffset To, long Payments, long Alerts, ImmutableArray<DriftFinding> Findings, PerformanceEstimate Estimate, PredictedFrauds? Truth);

/// <summary>A confirmed drift, from the first window of it that was flagged.</summary>
/// <param name="Since">Beginning of the first flagged window.</param>
/// <param name="ConfirmedAt">End of the window that confirmed it.</param>
/// <param name="Until">End of the last window that confirmed it.</param>
/// <param name="What">What had changed most when it was confirmed, in words.</param>
public sealed record DriftAlarm(string Name, DateTimeOffset Since, DateTimeOffset ConfirmedAt, DateTimeOffset Until, double Effect, string What);

/// <summary>The windows of a time, and the alarms in it.</summary>
/// <param name="ModelVersion">The version whose payments and reference are compared.</param>
/// <param name="Alarms">By the time of their confirmation; features before what follows from them, the largest effect first.</param>
public sealed record DriftReport(string ModelVersion, ImmutableArray<DriftWindow> Windows, ImmutableArray<DriftAlarm> Alarms)
{
    /// <summary>The newest finding of each name: what labels say is known of earlier windows than what was counted.</summary>
    [JsonIgnore]
    public ImmutableArray<DriftFinding> Latest => [.. Windows.Reverse().SelectMany(window => window.Findings).DistinctBy(finding => finding.Name)];

    /// <summary>The newest findings that are alarms; features before what follows from them, the largest effect first.</summary>
    public ImmutableArray<DriftFinding> Current =>
        [.. Latest.Where(finding => finding.IsAlarm).OrderBy(finding => DriftJudge.IsOutcome(finding.Name)).ThenByDescending(finding => finding.Effect)];
}
