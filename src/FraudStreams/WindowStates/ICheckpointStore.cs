using FraudStreams.Messaging;

namespace FraudStreams.WindowStates;

/// <summary>Keeps the newest snapshot of each partition's window state beside the topics, so that the partition's next owner finds it.</summary>
public interface ICheckpointStore : IDisposable
{
    /// <summary>A local file to write a partition's next snapshot to; only this user may read it.</summary>
    string Draft(TopicPartition partition);

    /// <summary>Makes the draft the partition's snapshot. The previous one stays until this one is complete.</summary>
    Task KeepAsync(TopicPartition partition, CancellationToken cancellationToken);

    /// <summary>The newest snapshot, or null if there is none.</summary>
    Task<Stream?> OpenAsync(TopicPartition partition, CancellationToken cancellationToken);
}
