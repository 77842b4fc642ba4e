using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Scoring;

/// <summary>
/// Counts the payments whose predictions this process published, by version and hour of event time, and publishes hours that are over to `drift`, beside the
/// stream: one publish at a time, which nothing waits for. What cannot be published is counted on. What a killed process had not published is lost: some
/// payments of an hour, by which nothing is decided. Any thread may call.
/// </summary>
/// <param name="isOn">Whether payments are counted; asked for each batch.</param>
sealed class DriftRecorder(LocalModels local, IMessageLog topics, Func<bool> isOn, TimeProvider time, ILogger log)
{
    /// <summary>Partitions are apart in event time: an hour is not published again for each batch of the one that is behind.</summary>
    static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    /// <summary>Clocks are set wrong, by a day where a time zone is.</summary>
    static readonly TimeSpan s_mostAhead = TimeSpan.FromDays(2);

    /// <summary>Counted and not published, of a version: some megabytes.</summary>
    internal const int MaxHours = 500;

    /// <summary>History that is played fast fills them within the pause: it is not waited for then, where hours hold so many payments on average.</summary>
    internal const int PaymentsPerHour = 8;

    readonly Lock _lock = new();
    readonly Dictionary<string, DriftCounter?> _counters = [];
    DateTimeOffset _published = time.GetUtcNow();
    Task _publishing = Task.CompletedTask;
    bool _isFailing;

    /// <summary>What <see cref="Count"/> needs of a batch; null where the version is not watched. Never fails on account of the version's reference.</summary>
    /// <param name="features">Rows × features.</param>
    public (DriftCounter Counter, double[] Features)? Sample(ScoringModel model, int rows, ReadOnlySpan<double> features)
    {
        if (!isOn())
            return null;
        DriftCounter? counter;
        lock (_lock)
        {
            if (!_counters.TryGetValue(model.Version, out counter))
                _counters.Add(model.Version, counter = CounterOf(model));
        }

        return counter is null ? null : (counter, counter.Sample(rows, features));
    }

    /// <summary>Counts a batch whose predictions are published.</summary>
    public void Count(TransactionRows rows, BatchScored? scored)
    {
        if (scored?.Drift is not { } sample)
            return;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            sample.Counter.Count(rows.EventTime, scored.Scores, sample.Features, (now + s_mostAhead).ToUnixTimeMilliseconds());
            if (!_publishing.IsCompleted || !IsDue(now))
                return;
            _published = now;
            var hours = Take(all: false);
            if (hours.Count > 0)
                _publishing = Task.Run(() => PublishAsync(hours));
        }
    }

    /// <summary>Publishes what is left, at the end; nothing is counted any more then.</summary>
    public async Task PublishRestAsync(TimeSpan timeout)
    {
        try
        {
            await Task.Run(RestAsync).WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            log.LogWarning("The last counts for drift could not be published within {Seconds:0.#} s: they are lost", timeout.TotalSeconds);
        }
    }

    async Task RestAsync()
    {
        await _publishing;
        List<DriftHour> hours;
        lock (_lock)
            hours = Take(all: true);
        if (hours.Count > 0)
            await PublishAsync(hours);
    }

    bool IsDue(DateTimeOffset now) => now - _published >= s_pause
        || (!_isFailing && _counters.Values.Any(counter => counter?.Hours >= MaxHours / 2 && counter.Payments >= (long)PaymentsPerHour * counter.Hours));

    List<DriftHour> Take(bool all) => [.. _counters.Values.SelectMany(counter => counter?.Take(all ? null : counter.Latest) ?? [])];

    async Task PublishAsync(List<DriftHour> hours)
    {
        try
        {
            var records = new RecordBatch(hours.Count);
            foreach (var hour in hours)
                records.Add(TopicNames.Drift, [], hour, static (into, hour) => hour.Write(into));
            await topics.PublishAsync(records, CancellationToken.None);
            if (_isFailing)
                log.LogInformation("Counts for drift can be published again");
            _isFailing = false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            lock (_lock)
            {
                foreach (var hour in hours)
                    _counters[hour.Version]!.TakeBack(hour);
            }

            if (!_isFailing)
                log.LogWarning("Counts for drift cannot be published, and are kept until they can; scoring goes on: {Reason}", e.Message);
            _isFailing = true;
        }
    }

    /// <summary>Null where the version has no reference, or none that can be read: it is scored all the same.</summary>
    DriftCounter? CounterOf(ScoringModel model)
    {
        try
        {
            if (DriftReferenceFile.Load(local.FolderOf(model.Version)) is { } reference)
                return new DriftCounter(model.Version, reference, model.Features, MaxHours);
            log.LogInformation("{Version} has no drift reference, as a version of an earlier release or from elsewhere: its payments are not watched for drift", model.Version);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            log.LogWarning("Payments of {Version} are not watched for drift: {Reason}", model.Version, e.Message);
        }

        return null;
    }
}
