using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Scoring;

/// <summary>
/// Counts what this process scores, by version and hour of event time, and gives hours that are over to the next batch that is published: topic `drift` then
/// has them with its predictions. What a killed process had not given is lost, and what is scored again is counted again: some payments of an hour, by which
/// nothing is decided. Any thread may call.
/// </summary>
sealed class DriftRecorder(LocalModels local, TimeProvider time, ILogger log)
{
    /// <summary>Partitions are apart in event time: an hour is not given again for each batch of the one that is behind.</summary>
    static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    /// <summary>Of payments that come with all times at once.</summary>
    const int MaxHours = 100;

    readonly Lock _lock = new();
    readonly Dictionary<string, DriftCounter?> _counters = [];
    DateTimeOffset _given = time.GetUtcNow();

    public void Count(ScoringModel model, TransactionRows rows, ReadOnlySpan<double> scores, ReadOnlySpan<double> features)
    {
        lock (_lock)
        {
            if (!_counters.TryGetValue(model.Version, out var counter))
                _counters.Add(model.Version, counter = CounterOf(model));
            counter?.Count(rows.EventTime, scores, features);
        }
    }

    /// <summary>Adds the hours that are over to a batch; all hours at the end.</summary>
    public void GiveTo(RecordBatch records, bool all = false)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (!all && now - _given < s_pause && _counters.Values.All(counter => counter is null || counter.Hours < MaxHours))
                return;
            _given = now;
            foreach (var counter in _counters.Values)
            {
                foreach (var hour in counter?.Take(all ? null : counter.Latest) ?? [])
                    records.Add(TopicNames.Drift, [], hour, static (into, hour) => hour.Write(into));
            }
        }
    }

    /// <summary>Null where the version has no reference: it is scored all the same.</summary>
    DriftCounter? CounterOf(ScoringModel model)
    {
        try
        {
            if (DriftReferenceFile.Load(local.FolderOf(model.Version)) is { } reference)
                return new DriftCounter(model.Version, reference, model.Features);
            log.LogInformation("{Version} has no drift reference, as a version of an earlier release or from elsewhere: its payments are not watched for drift", model.Version);
        }
        catch (Exception e) when (e is ModelArtifactException or ArgumentException)
        {
            log.LogWarning("Payments of {Version} are not watched for drift: {Reason}", model.Version, e.Message);
        }

        return null;
    }
}
