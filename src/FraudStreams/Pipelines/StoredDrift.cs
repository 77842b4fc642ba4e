using FraudStreams.Model.Drift;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>What topic `drift` holds of a version, read beside a running stream or without one.</summary>
static class StoredDrift
{
    public static async Task<DriftHistory> ReadAsync(FraudSettings settings, string version, DriftReference reference, CancellationToken cancellationToken)
    {
        var history = new DriftHistory(version, reference.Counters);
        await foreach (var record in StreamTopics.ReadRecordsAsync(settings, TopicNames.Drift, cancellationToken))
            history.Add(record.Value);
        return history;
    }
}
