using FraudStreams.Alerting.Channels;
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
/// logged, measured, told to the webhook, and asks for a training. Topic `drift` keeps which alarms were raised and told, so that each is told at least once
/// whatever stops when. One caller at a time.
/// </summary>
/// <param name="webhook">Null where none is set: then nobody is told but by the log.</param>
sealed class DriftWatch(
    IMessageLog topics, PredictionStore store, ModelRegistry registry, StreamMetrics metrics, DriftWebhook? webhook, TimeProvider time, ILogger log)
{
    /// <summary>So many of the latest: older hours say nothing about now.</summary>
    const int KeptHours = 60 * 24;

    static readonly TopicPartition s_partition = new(TopicNames.Drift, 0);

    readonly ErrorThrottle _webhookErrors = new(log, "Drift by webhook", time);

    /// <summary>Alarms that were raised and are not over, by version and name.</summary>
    readonly Dictionary<(string Version, string Name), DriftNotice> _raised = [];

    /// <summary>Alarms that nobody was told of, of any version, by their ids.</summary>
    readonly Dictionary<string, DriftNotice> _untold = [];

    /// <summary>The ids of those that somebody was told of: an alarm that is confirmed once more after a day's break is no other.</summary>
    readonly HashSet<string> _told = [];

    (string Version, DriftReference? Reference, DriftHistory? History)? _of;
    long _next;

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

        // What was raised before is told first: what is asked of the registry and of the store may fail again and again.
        await ReadAsync(cancellationToken);
        var before = _untold.Keys.ToHashSet();
        await TellAsync(_untold.Values, cancellationToken);
        if (_of?.Version != champion)
        {
            await FollowAsync(champion, cancellationToken);
            await ReadAsync(cancellationToken);
        }

        string? drifted = null;
        if (_of is { Reference: { } reference, History: { } history })
        {
            var threshold = registry.State.Versions[champion].Threshold;
            await CountTruthAsync(history, threshold, settings, cancellationToken);
            drifted = await ReportAsync(DriftJudge.Judge(reference, history, threshold, settings.Drift.Rules), cancellationToken);
        }

        await TellAsync(_untold.Values.Where(notice => !before.Contains(notice.Id)), cancellationToken);
        return drifted;
    }

    async Task FollowAsync(string version, CancellationToken cancellationToken)
    {
        metrics.Drift = [];
        var reference = await registry.DriftReferenceAsync(version, cancellationToken);
        (_of, _next) = ((version, reference, reference is null ? null : new DriftHistory(version, reference.Counters, KeptHours)), 0);
    }

    async Task ReadAsync(CancellationToken cancellationToken)
    {
        var history = _of?.History;
        await foreach (var records in topics.ReadAsync(s_partition, _next, long.MaxValue, cancellationToken))
        {
            foreach (var record in records)
            {
                var (hour, truth, notice) = DriftRecord.Read(record.Value);
                if (hour is not null)
                    history?.Add(hour);
                if (truth is not null)
                    history?.Add(truth);
                if (notice is not null)
                    Take(notice);
                _next = record.Offset + 1;
            }
        }
    }

    /// <summary>Taking the records once more, in their order, ends with the same.</summary>
    void Take(DriftNotice notice)
    {
        switch (notice.State)
        {
            case DriftNoticeState.Raised:
                _raised[(notice.Version, notice.Alarm.Name)] = notice;
                if (!_told.Contains(notice.Id))
                    _untold[notice.Id] = notice;
                break;
            case DriftNoticeState.Told:
                _untold.Remove(notice.Id);
                _told.Add(notice.Id);
                break;
            default:
                _raised.Remove((notice.Version, notice.Alarm.Name));
                break;
        }
    }

    /// <summary>Once for each window, when its payments are older than the label delay: most frauds are known by then.</summary>
    async Task CountTruthAsync(DriftHistory history, double threshold, CandidateSettings settings, CancellationToken cancellationToken)
    {
        var hours = settings.Drift.Rules.WindowHours;
        if (await store.LatestEventTimeAsync(cancellationToken) is not { } latest)
            return;

        var mature = DriftColumn.HourOf(latest - (long)(settings.Gate.Rules.LabelDelayDays * TimeSpan.MillisecondsPerDay));
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

    async Task<string?> ReportAsync(DriftReport report, CancellationToken cancellationToken)
    {
        metrics.Drift = report.Latest;
        if (report.Windows.IsEmpty)
            return null;
        var current = report.Current;
        foreach (var finding in current.Where(finding => !_raised.ContainsKey((report.ModelVersion, finding.Name))))
        {
            var alarm = report.Alarms.Last(confirmed => confirmed.Name == finding.Name);
            var raised = new DriftNotice(report.ModelVersion, DriftNoticeState.Raised, alarm);
            await NoteAsync(webhook is null ? [raised, raised with { State = DriftNoticeState.Told }] : [raised], cancellationToken);
            log.LogWarning("Drift of {Feature} against what {Version} was validated on, confirmed by the payments up to {To:yyyy-MM-dd HH:mm}: {What} (effect {Effect:0.00}). `fraudstreams drift` has the figures",
                alarm.Name, report.ModelVersion, alarm.Until.UtcDateTime, finding.What, finding.Effect);
        }

        var over = _raised.Values.Where(raised => raised.Version == report.ModelVersion && current.All(finding => finding.Name != raised.Alarm.Name)).ToArray();
        if (over.Length > 0)
            await NoteAsync([.. over.Select(raised => raised with { State = DriftNoticeState.Over })], cancellationToken);
        if (current.IsEmpty && over.Length > 0)
            log.LogInformation("No drift is confirmed any more");
        return current.IsEmpty ? null : $"drift of {string.Join(", ", current.Take(3).Select(alarm => $"{alarm.Name} ({alarm.What})"))}{(current.Length > 3 ? $" and {current.Length - 3} more" : "")}";
    }

    /// <summary>Sends these, the earliest first. What cannot be sent now is tried again with the next look.</summary>
    async Task TellAsync(IEnumerable<DriftNotice> untold, CancellationToken cancellationToken)
    {
        if (webhook is null)
            return;
        foreach (var notice in untold.OrderBy(notice => notice.Alarm.ConfirmedAt).ToArray())
        {
            try
            {
                await webhook.SendAsync(notice, cancellationToken);
                _webhookErrors.Over();
            }
            catch (AlertDeliveryException e) when (e.Fault == DeliveryFault.Refused)
            {
                log.LogWarning("{Channel} refused the drift of {Feature} for good: {Reason}", webhook.Channel, notice.Alarm.Name, e.Message);
            }
            catch (AlertDeliveryException e)
            {
                _webhookErrors.Warn($"{webhook.Channel}: {e.Message.TrimEnd('.')}. {_untold.Count:N0} alarms wait, and it is tried again");
                if (e.Fault == DeliveryFault.Unavailable)
                    return;
                continue;
            }

            await NoteAsync([notice with { State = DriftNoticeState.Told }], cancellationToken);
        }
    }

    async Task NoteAsync(DriftNotice[] notices, CancellationToken cancellationToken)
    {
        using var batch = new RecordBatch(notices.Length);
        foreach (var notice in notices)
            batch.Add(TopicNames.Drift, [], notice, static (into, notice) => notice.Write(into));
        await topics.PublishAsync(batch, cancellationToken);
        foreach (var notice in notices)
            Take(notice);
    }
}
