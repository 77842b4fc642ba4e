#nullable disable
using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

/// <param name="timestamp">When it was taken, in UTC.</param>
public sealed class SnapshotMetadata(string persistenceId, long sequenceNr, DateTime timestamp)
{
    public string PersistenceId { get; } = persistenceId;
    public long SequenceNr { get; } = sequenceNr;
    public DateTime Timestamp { get; } = timestamp;

    public override string ToString() => $"SnapshotMetadata<pid: {PersistenceId}, seqNr: {SequenceNr}, timestamp: {Timestamp:yyyy/MM/dd}>";
}

/// <summary>Tells a recovering actor to take this state and go on from there.</summary>
public sealed class SnapshotOffer(SnapshotMetadata metadata, object snapshot)
{
    public SnapshotMetadata Metadata { get; } = metadata;
    public object Snapshot { get; } = snapshot;
}

public sealed class SelectedSnapshot(SnapshotMetadata metadata, object snapshot)
{
    public SnapshotMetadata Metadata { get; } = metadata;
    public object Snapshot { get; } = snapshot;
}

public sealed class SaveSnapshotSuccess(SnapshotMetadata metadata)
{
    public SnapshotMetadata Metadata { get; } = metadata;
}

public sealed class SaveSnapshotFailure(SnapshotMetadata metadata, Exception cause)
{
    public SnapshotMetadata Metadata { get; } = metadata;
    public Exception Cause { get; } = cause;
}

public sealed class DeleteSnapshotsSuccess(SnapshotSelectionCriteria criteria)
{
    public SnapshotSelectionCriteria Criteria { get; } = criteria;
}

public sealed class DeleteSnapshotsFailure(SnapshotSelectionCriteria criteria, Exception cause)
{
    public SnapshotSelectionCriteria Criteria { get; } = criteria;
    public Exception Cause { get; } = cause;
}

/// <summary>Which snapshots: no later than a sequence number and a moment.</summary>
public sealed class SnapshotSelectionCriteria
{
    public SnapshotSelectionCriteria(long maxSequenceNr, DateTime maxTimeStamp, long minSequenceNr = 0, DateTime? minTimestamp = null)
    {
        MaxSequenceNr = maxSequenceNr;
        MaxTimeStamp = maxTimeStamp;
        MinSequenceNr = minSequenceNr;
        MinTimestamp = minTimestamp ?? DateTime.MinValue;
    }

    public SnapshotSelectionCriteria(long maxSequenceNr) : this(maxSequenceNr, DateTime.MaxValue) { }

    public static SnapshotSelectionCriteria None { get; } = new(0, DateTime.MinValue);
    public static SnapshotSelectionCriteria Latest { get; } = new(long.MaxValue);
    public long MaxSequenceNr { get; }
    public DateTime MaxTimeStamp { get; }
    public long MinSequenceNr { get; }
    public DateTime? MinTimestamp { get; }

    internal SnapshotSelectionCriteria UpTo(long sequenceNr) =>
        sequenceNr < MaxSequenceNr ? new SnapshotSelectionCriteria(sequenceNr, MaxTimeStamp, MinSequenceNr, MinTimestamp) : this;

    internal bool Includes(SnapshotMetadata snapshot) =>
        snapshot.SequenceNr <= MaxSequenceNr && snapshot.SequenceNr >= MinSequenceNr
        && snapshot.Timestamp <= MaxTimeStamp && snapshot.Timestamp >= MinTimestamp;
}

internal sealed record LoadSnapshot(string PersistenceId, SnapshotSelectionCriteria Criteria, int ActorInstanceId);

internal sealed record LoadSnapshotResult(SelectedSnapshot Snapshot, int ActorInstanceId) : IDeadLetterSuppression;

internal sealed record LoadSnapshotFailed(Exception Cause, int ActorInstanceId) : IDeadLetterSuppression;

internal sealed record SaveSnapshot(SnapshotMetadata Metadata, object Snapshot);

internal sealed record DeleteSnapshots(string PersistenceId, SnapshotSelectionCriteria Criteria);
