#nullable disable
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

public interface IPersistentIdentity
{
    string PersistenceId { get; }
    string JournalPluginId { get; }
    string SnapshotPluginId { get; }
}

public interface IPersistenceRecovery
{
    Recovery Recovery { get; }
}

/// <summary>
/// An actor whose state is what its journal says. It recovers before its first command; then its commands persist events, and the state changes in
/// the handlers that run once an event is safe. After <see cref="Persist{TEvent}"/> commands wait until its handler has run; after
/// <see cref="PersistAsync{TEvent}"/> they do not, and what is persisted while a write is under way goes out together in the next one.
/// </summary>
public abstract partial class Eventsourced : ActorBase, IPersistentIdentity, IPersistenceRecovery
{
    static int s_instances;

    readonly int _instanceId = Interlocked.Increment(ref s_instances);
    readonly string _writerGuid = Guid.NewGuid().ToString();
    readonly StashBox _waiting;
    readonly Queue<Invocation> _invocations = new();
    List<AtomicWrite> _toWrite = [];
    int _stashingInvocations;
    long _sequenceNr;
    bool _isWriting;
    IActorRef _journal;
    IActorRef _snapshotStore;

    protected Eventsourced()
    {
        Extension = Persistence.Instance.Apply(Context.System);
        _waiting = new StashBox(Cell);
        Log = Context.GetLogger();
    }

    /// <summary>What to call once an event is safe; a stashing one keeps commands waiting until then.</summary>
    readonly record struct Invocation(Action<object> Handler, bool IsStashing);

    /// <summary>Names the actor's events in the journal. No two living actors may share it.</summary>
    public abstract string PersistenceId { get; }

    public string JournalPluginId { get; protected set; }
    public string SnapshotPluginId { get; protected set; }
    public virtual Recovery Recovery => Recovery.Default;
    public IActorRef Journal => _journal ??= Extension.JournalFor(JournalPluginId);
    public IActorRef SnapshotStore => _snapshotStore ??= Extension.SnapshotStoreFor(SnapshotPluginId);
    public string SnapshotterId => PersistenceId;
    public long SnapshotSequenceNr => LastSequenceNr;

    /// <summary>Of the last event that was replayed or whose handler was called.</summary>
    public long LastSequenceNr { get; private set; }

    protected PersistenceExtension Extension { get; }
    protected virtual ILoggingAdapter Log { get; }

    protected abstract bool ReceiveRecover(object message);
    protected abstract bool ReceiveCommand(object message);

    public void Persist<TEvent>(TEvent @event, Action<TEvent> handler) => Write([@event], handler, isStashing: true);

    /// <summary>All of them are kept or none; the handler runs for each.</summary>
    public void PersistAll<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler) => Write(events, handler, isStashing: true);

    public void PersistAsync<TEvent>(TEvent @event, Action<TEvent> handler) => Write([@event], handler, isStashing: false);

    public void PersistAllAsync<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler) => Write(events, handler, isStashing: false);

    /// <summary>Deletes events for good; <see cref="DeleteMessagesSuccess"/> or <see cref="DeleteMessagesFailure"/> comes back.</summary>
    public void DeleteMessages(long toSequenceNr)
    {
        if (toSequenceNr == long.MaxValue) toSequenceNr = LastSequenceNr;
        if (toSequenceNr <= LastSequenceNr)
        {
            Journal.Tell(new DeleteMessagesTo(PersistenceId, toSequenceNr, Self));
            return;
        }
        var beyond = new InvalidOperationException($"toSequenceNr [{toSequenceNr}] must be less than or equal to LastSequenceNr [{LastSequenceNr}]");
        Self.Tell(new DeleteMessagesFailure(beyond, toSequenceNr));
    }

    /// <summary>Keeps the state as of the last event; <see cref="SaveSnapshotSuccess"/> or <see cref="SaveSnapshotFailure"/> comes back.</summary>
    public void SaveSnapshot(object snapshot) => SnapshotStore.Tell(
        new SaveSnapshot(new SnapshotMetadata(SnapshotterId, SnapshotSequenceNr, Context.System.Scheduler.Now.UtcDateTime), snapshot));

    public void DeleteSnapshots(SnapshotSelectionCriteria criteria) => SnapshotStore.Tell(new DeleteSnapshots(SnapshotterId, criteria));

    /// <summary>Whether an event is kept is not known. The actor stops after this.</summary>
    protected virtual void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Log.Error(
        cause, "Failed to persist event type [{0}] with sequence number [{1}] for persistenceId [{2}].", @event.GetType(), sequenceNr, PersistenceId);

    /// <summary>The journal cannot keep such an event and did not. The actor goes on; the event's handler is not called.</summary>
    protected virtual void OnPersistRejected(Exception cause, object @event, long sequenceNr) => Log.Error(
        cause, "Rejected to persist event type [{0}] with sequence number [{1}] for persistenceId [{2}] due to [{3}].",
        @event.GetType(), sequenceNr, PersistenceId, cause.Message);

    /// <summary>The actor stops after this.</summary>
    protected virtual void OnRecoveryFailure(Exception reason, object message = null) => Log.Error(
        reason, "Recovery of persistenceId [{0}] failed after sequence number [{1}]{2}", PersistenceId, LastSequenceNr,
        message is null ? "" : $", at an event of type [{message.GetType()}]");

    protected virtual void OnReplaySuccess() { }

    protected override void Unhandled(object message)
    {
        switch (message)
        {
            case RecoveryCompleted or SaveSnapshotSuccess or DeleteMessagesSuccess or DeleteSnapshotsSuccess:
                return;
            case SaveSnapshotFailure failure:
                Log.Warning("Failed to SaveSnapshot given metadata [{0}] due to: {1}", failure.Metadata, failure.Cause.Message);
                break;
            case DeleteMessagesFailure failure:
                Log.Warning("Failed to DeleteMessages ToSequenceNr [{0}] for PersistenceId [{1}] due to: {2}",
                    failure.ToSequenceNr, PersistenceId, failure.Cause.Message);
                break;
            case DeleteSnapshotsFailure failure:
                Log.Warning("Failed to DeleteSnapshots for PersistenceId [{0}] due to: {1}", PersistenceId, failure.Cause.Message);
                break;
        }
        base.Unhandled(message);
    }

    void Write<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler, bool isStashing)
    {
        if (IsRecovering)
        {
            throw new InvalidOperationException(
                "Cannot persist during replay. Events can be persisted when receiving RecoveryCompleted or later.");
        }
        var invocation = new Invocation(e => handler((TEvent)e), isStashing);
        var written = ImmutableArray.CreateBuilder<IPersistentRepresentation>();
        foreach (var @event in events ?? [])
        {
            written.Add(new Persistent(@event, ++_sequenceNr, PersistenceId, sender: Sender, writerGuid: _writerGuid));
            _invocations.Enqueue(invocation);
            if (isStashing) _stashingInvocations++;
        }
        if (written.Count > 0) _toWrite.Add(new AtomicWrite(written.ToImmutable()));
    }

    /// <summary>One write is under way at a time: what comes meanwhile goes out together in the next.</summary>
    void Flush()
    {
        if (_isWriting || _toWrite.Count == 0) return;
        Journal.Tell(new WriteMessages(_toWrite, Self, _instanceId), Self);
        _toWrite = [];
        _isWriting = true;
    }
}
