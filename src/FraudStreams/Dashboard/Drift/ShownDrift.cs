using System.Collections.Immutable;
using FraudStreams.Api;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Topics;

namespace FraudStreams.Dashboard.Drift;

/// <summary>The champion's drift as the page shows it.</summary>
/// <param name="Why">Why there is nothing to show; null where there is.</param>
sealed record ShownDrift(string? Why, DriftReference? Reference = null, DriftHistory? History = null, DriftReport? Report = null)
{
    /// <summary>So many of the latest are shown: two months of two hosts. `fraudstreams drift` goes back to the first.</summary>
    const int MostRecords = 3_000;

    const int MostHours = 60 * 24;

    /// <summary>The latest records of topic `drift`, read anew each time.</summary>
    /// <param name="topics">The stream's; null while it starts.</param>
    public static async Task<ShownDrift> ReadAsync(RegistryAccess registry, IMessageLog? topics, StreamOptions options, CancellationToken cancellationToken)
    {
        if (topics is null)
            return new ShownDrift("The stream starts.");
        var (version, threshold, reference) = await registry.AskAsync(
            async models => models.State.Champion is { } champion
                ? (champion, models.State.Versions[champion].Threshold, await models.DriftReferenceAsync(champion, cancellationToken))
                : ((string?)null, 0, null),
            cancellationToken);
        if (version is null)
            return new ShownDrift("No version is in service yet.");
        if (reference is null)
            return new ShownDrift($"{version} has no drift reference: it is a version of an earlier release or from elsewhere. A version that this program trains has one.");
        var end = (await topics.StatusAsync(cancellationToken)).Topics.FirstOrDefault(topic => topic.Topic == TopicNames.Drift)?.Appended ?? 0;
        var from = Math.Max(0, end - MostRecords);

        // Windows held what earlier records counted: without it the page would leave out features that the watch judges.
        var history = new DriftHistory(version, reference.Counters, MostHours) { IsWarm = from > 0 };
        await foreach (var records in topics.ReadAsync(new TopicPartition(TopicNames.Drift, 0), from, end, cancellationToken))
        {
            foreach (var record in records)
                history.Add(record.Value);
        }

        var rules = options.Settings.Candidates.Drift.Rules;
        var report = DriftJudge.Judge(reference, history, threshold, rules);
        return report.Windows.IsEmpty
            ? new ShownDrift($"No window of {rules.WindowHours} h of event time with at least {rules.MinPayments:N0} payments of {version} is over yet.")
            : new ShownDrift(null, reference, history, report);
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
