using System.Collections.Immutable;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Storage;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Candidates;

/// <summary>
/// Watches the champion's payments for drift: adds up what all hosts counted, counts what labels said of windows that are old enough, and judges. A new alarm is
/// logged, measured, and asks for a training. One caller at a time.
/// </summary>
sealed class DriftWatch(IMessageLog topics, PredictionStore store, ModelRegistry registry, StreamMetrics metrics, TimeProvider time, ILogger log)
{
    /// <summary>So many of the latest: older hours say nothing about now.</summary>
    const int KeptHours = 60 * 24;

    static readonly TopicPartition s_partition = new(TopicNames.Drift, 0);

    (string Version, DriftReference? Reference, DriftHistory? History)? _of;
    long _next;
    ImmutableHashSet<string> _alarmed = [];

    /// <summary>Looks once.</summary>
    /// <returns>What has drifted, as a reason to train; null where nothing has, or where it cannot be told.</returns>
    public async Task<string?> LookAsync(CandidateSettings settings, CancellationToken cancellationToken)
    {
        await registry.RefreshAsync(cancellationToken);
        if (!settings.Drift.IsOn || registry.State.Champion is not { } champion)
        {
            metrics.Drift = [];
            return null;
        }

        if (_of?.Version != champion)
            await FollowAsync(champion, cancellationToken);
        if (_of is not { Reference: { } reference, History: { } history })
            return null;
        await ReadAsync(history, cancellationToken);
        var threshold = registry.State.Versions[champion].Threshold;
        await CountTruthAsync(history, threshold, settings, cancellationToken);
        return Report(DriftJudge.Judge(reference, history, threshold, settings.Drift.Rules));
    }

    async Task FollowAsync(string version, CancellationToken cancellationToken)
    {
        metrics.Drift = [];
        var reference = await registry.DriftReferenceAsync(version, cancellationToken);
        (_of, _next, _alarmed) = ((version, reference, reference is null ? null : new DriftHistory(version, reference.Counters, KeptHours)), 0, []);
    }

    async Task ReadAsync(DriftHistory history, CancellationToken cancellationToken)
    {
        await foreach (var records in topics.ReadAsync(s_partition, _next, long.MaxValue, cancellationToken))
        {
            foreach (var record in records)
            {
                history.Add(record.Value);
                _next = record.Offset + 1;
            }
        }
    }

    /// <summary>Once for each window, when its payments are older than the label delay: most frauds are known by then.</summary>
    async Task CountTruthAsync(DriftHistory history, double threshold, CandidateSettings settings, CancellationToken cancellationToken)
    {
        var hours = settings.Drift.Rules.WindowHours;
        if (await store.LatestEventTimeAsync(cancellationToken) is not { } latest)
            return;

        // A payment that is dated ahead does not make others' labels come sooner.
        var mature = DriftColumn.HourOf(Math.Min(latest, time.GetUtcNow().ToUnixTimeMilliseconds()) - (long)(settings.Gate.Rules.LabelDelayDays * TimeSpan.MillisecondsPerDay));
        foreach (var first in history.Hours.Keys.Select(hour => DriftJudge.Floor(hour, hours)).Distinct().Where(first => first + hours <= mature && !history.Truths.ContainsKey((first, hours))).ToList())
        {
            var counts = default(PredictedFrauds);
            foreach (var payment in await store.ReadDecidedAsync(history.Version, (first * TimeSpan.MillisecondsPerHour) - 1, ((first + hours) * TimeSpan.MillisecondsPerHour) - 1, cancellationToken))
                counts = counts.With(payment.IsFraud, payment.Champion >= threshold);
            using var record = new RecordBatch(1);
            var truth = new DriftTruth(history.Version, first, hours, counts);
            record.Add(TopicNames.Drift, [], truth, static (into, truth) => truth.Write(into));
            await topics.PublishAsync(record, cancellationToken);
            history.Add(truth);
        }
    }

    string? Report(DriftReport report)
    {
        metrics.Drift = report.Latest;
        if (report.Windows.IsEmpty)
            return null;
        var current = report.Current;
        foreach (var alarm in current.Where(alarm => !_alarmed.Contains(alarm.Name)))
        {
            log.LogWarning("Drift of {Feature} against what {Version} was validated on, confirmed by the payments up to {To:yyyy-MM-dd HH:mm}: {What} (effect {Effect:0.00}). `fraudstreams drift` has the figures",
                alarm.Name, report.ModelVersion, report.Alarms.Last(confirmed => confirmed.Name == alarm.Name).Until.UtcDateTime, alarm.What, alarm.Effect);
        }

        if (current.IsEmpty && !_alarmed.IsEmpty)
            log.LogInformation("No drift is confirmed any more");
        _alarmed = [.. current.Select(alarm => alarm.Name)];
        return current.IsEmpty ? null : $"drift of {string.Join(", ", current.Take(3).Select(alarm => $"{alarm.Name} ({alarm.What})"))}{(current.Length > 3 ? $" and {current.Length - 3} more" : "")}";
    }
}
