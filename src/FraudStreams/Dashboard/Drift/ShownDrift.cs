using System.Collections.Immutable;
using FraudStreams.Model.Drift;

namespace FraudStreams.Dashboard.Drift;

/// <summary>The champion's drift as the page shows it.</summary>
/// <param name="Rules">By which it was judged.</param>
/// <param name="Why">Why there is nothing to show; null where there is.</param>
/// <param name="Distributions">By the name of a finding, the last window beside its reference.</param>
sealed record ShownDrift(DriftRules Rules, string? Why, DriftReport? Report = null, ImmutableDictionary<string, ImmutableArray<DriftShare>>? Distributions = null)
{
    public static ShownDrift Of(DriftReference reference, DriftHistory history, double threshold, DriftRules rules)
    {
        var report = DriftJudge.Judge(reference, history, threshold, rules);
        return report.Windows.IsEmpty
            ? new ShownDrift(rules, $"No window of {rules.WindowHours} h of event time with at least {rules.MinPayments:N0} payments of {history.Version} is over yet.")
            : new ShownDrift(rules, null, report, report.Latest.ToImmutableDictionary(finding => finding.Name, finding => DriftDistribution.Of(reference, history, finding.Name, report.Windows[^1])));
    }

    /// <summary>The newest finding of each name, what is alarming first.</summary>
    public ImmutableArray<DriftFinding> Latest =>
        [.. Report!.Latest.OrderByDescending(finding => finding.IsAlarm).ThenByDescending(finding => finding.IsFlagged).ThenByDescending(finding => finding.Effect)];

    /// <summary>By window, the effect of a feature.</summary>
    public EffectPoint[] EffectsOf(string name) =>
        [.. Report!.Windows.Select(window => (window.From, Finding: window.Findings.FirstOrDefault(finding => finding.Name == name))).Where(point => point.Finding is not null)
            .Select(point => new EffectPoint(point.From.UtcDateTime, Math.Min(point.Finding!.Effect, MostDrawn), point.Finding.IsFlagged ? Math.Min(point.Finding.Effect, MostDrawn) : null))];

    /// <summary>By window, what was estimated and what labels said.</summary>
    public PerformancePoint[] Performance =>
        [.. Report!.Windows.Select(window => new PerformancePoint(window.From.UtcDateTime, window.Estimate.Precision, window.Estimate.Recall, window.Truth?.Precision, window.Truth?.Recall))];

    /// <summary>A field in another unit would flatten everything else.</summary>
    const double MostDrawn = 2;
}

/// <param name="Flagged">Null where it is not.</param>
sealed record EffectPoint(DateTime At, double Effect, double? Flagged);

sealed record PerformancePoint(DateTime At, double? EstimatedPrecision, double? EstimatedRecall, double? Precision, double? Recall);
