using FraudStreams.Messaging;

namespace FraudStreams.WindowStates;

/// <summary>Where the newest snapshot of each partition's windows is kept: beside the topics, so that whoever gets the partition next finds it.</summary>
public interface ICheckpointStore : IDisposable
{
    /// <summary>A file of this host to write a partition's next snapshot into; only this user may read it.</summary>
    string Draft(TopicPartition partition);

    /// <summary>Makes the draft the partition's snapshot. The one before it stays until this one is there as a whole.</summary>
    Task KeepAsync(TopicPartition partition, CancellationToken ct);

    /// <summary>The newest snapshot, or null where there is none.</summary>
    Task<Stream?> OpenAsync(TopicPartition partition, CancellationToken ct);
}
