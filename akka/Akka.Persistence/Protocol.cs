#nullable disable
using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

/// <summary>What a persistent actor is told once, when nothing is left to replay.</summary>
public sealed class RecoveryCompleted
{
    public static readonly RecoveryCompleted Instance = new();

    RecoveryCompleted() { }
}

/// <summary>How far back an actor begins, and how far it goes.</summary>
public sealed class Recovery(
    SnapshotSelectionCriteria fromSnapshot = null, long toSequenceNr = long.MaxValue, long replayMax = long.MaxValue)
{
    public static Recovery Default { get; } = new();

    public SnapshotSelectionCriteria FromSnapshot { get; } = fromSnapshot ?? SnapshotSelectionCriteria.Latest;
    public long ToSequenceNr { get; } = toSequenceNr;
    public long ReplayMax { get; } = replayMax;
}

public sealed class RecoveryTimedOutException(string message, Exception cause = null) : AkkaException(message, cause);

public sealed class DeleteMessagesSuccess(long toSequenceNr)
{
    public long ToSequenceNr { get; } = toSequenceNr;
}

public sealed class DeleteMessagesFailure(Exception cause, long toSequenceNr)
{
    public Exception Cause { get; } = cause;
    public long ToSequenceNr { get; } = toSequenceNr;
}

internal sealed record WriteMessages(IReadOnlyList<AtomicWrite> Writes, IActorRef PersistentActor, int ActorInstanceId);

internal sealed record WriteMessagesDone(int ActorInstanceId);

internal sealed record WriteMessageSuccess(IPersistentRepresentation Persistent, int ActorInstanceId);

internal sealed record WriteMessageRejected(IPersistentRepresentation Persistent, Exception Cause, int ActorInstanceId);

internal sealed record WriteMessageFailure(IPersistentRepresentation Persistent, Exception Cause, int ActorInstanceId);

internal sealed record DeleteMessagesTo(string PersistenceId, long ToSequenceNr, IActorRef PersistentActor);

internal sealed record ReplayMessages(long FromSequenceNr, long ToSequenceNr, long Max, string PersistenceId, IActorRef PersistentActor, int ActorInstanceId);

internal sealed record ReplayedMessage(IPersistentRepresentation Persistent, int ActorInstanceId) : IDeadLetterSuppression;

internal sealed record RecoverySuccess(long HighestSequenceNr, int ActorInstanceId) : IDeadLetterSuppression;

internal sealed record ReplayMessagesFailure(Exception Cause, int ActorInstanceId) : IDeadLetterSuppression;

internal sealed record RecoveryTick(int ActorInstanceId);
