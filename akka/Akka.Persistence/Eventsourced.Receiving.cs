#nullable disable
using Akka.Actor;

namespace Akka.Persistence;

/// <summary>Recovery first: the snapshot, then the events after it; then commands, which wait while events are being persisted.</summary>
public abstract partial class Eventsourced
{
    Phase _phase = Phase.Loading;
    ICancelable _recoveryTimer;
    bool _isProgressing;

    enum Phase { Loading, Replaying, Processing, Persisting }

    public bool IsRecovering => _phase is Phase.Loading or Phase.Replaying;
    public bool IsRecoveryFinished => !IsRecovering;

    public override void AroundPreStart()
    {
        StartRecovery();
        base.AroundPreStart();
    }

    public override void AroundPostRestart(Exception cause, object message)
    {
        StartRecovery();
        base.AroundPostRestart(cause, message);
    }

    public override void AroundPreRestart(Exception cause, object message)
    {
        LetGo();
        // Handlers were promised for these, and no command has seen their effect: they are kept, and the next life replays them.
        if (!IsRecovering && _toWrite.Count > 0) Journal.Tell(new WriteMessages(_toWrite, Self, _instanceId), Self);
        base.AroundPreRestart(cause, message);
    }

    public override void AroundPostStop()
    {
        LetGo();
        base.AroundPostStop();
    }

    protected internal override bool AroundReceive(Receive receive, object message)
    {
        switch (_phase)
        {
            case Phase.Loading:
                Load(message);
                break;
            case Phase.Replaying:
                Replay(message);
                break;
            default:
                if (IsOfAnotherLife(message) || Written(message)) break;
                if (_phase == Phase.Persisting) _waiting.Stash();
                else Process(receive, message);
                break;
        }
        return true;
    }

    void StartRecovery()
    {
        if (PersistenceId is null) throw new ArgumentNullException(nameof(PersistenceId), $"PersistenceId is [null] for PersistentActor [{Self.Path}]");
        _ = Journal;
        var limit = Extension.JournalConfigFor(JournalPluginId).GetTimeSpan("recovery-event-timeout");
        _recoveryTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(limit, limit, Self, new RecoveryTick(_instanceId), Self);
        SnapshotStore.Tell(new LoadSnapshot(SnapshotterId, Recovery.FromSnapshot.UpTo(Recovery.ToSequenceNr), _instanceId), Self);
    }

    void Load(object message)
    {
        switch (message)
        {
            case LoadSnapshotResult loaded when loaded.ActorInstanceId == _instanceId:
                if (loaded.Snapshot is { } snapshot && !TryOffer(new SnapshotOffer(snapshot.Metadata, snapshot.Snapshot))) return;
                _phase = Phase.Replaying;
                var from = LastSequenceNr + 1;
                Journal.Tell(new ReplayMessages(from, Recovery.ToSequenceNr, Recovery.ReplayMax, PersistenceId, Self, _instanceId), Self);
                break;
            case LoadSnapshotFailed failed when failed.ActorInstanceId == _instanceId:
                FailRecovery(failed.Cause);
                break;
            case RecoveryTick tick when tick.ActorInstanceId == _instanceId:
                FailRecovery(new RecoveryTimedOutException("Recovery timed out: the snapshot store did not answer."));
                break;
            default:
                if (!IsOfAnotherLife(message)) _waiting.Stash();
                break;
        }
    }

    void Replay(object message)
    {
        switch (message)
        {
            case ReplayedMessage replayed when replayed.ActorInstanceId == _instanceId:
                _isProgressing = true;
                ReplayOne(replayed.Persistent);
                break;
            case RecoverySuccess success when success.ActorInstanceId == _instanceId:
                EndRecovery(Math.Max(success.HighestSequenceNr, LastSequenceNr));
                break;
            case ReplayMessagesFailure failure when failure.ActorInstanceId == _instanceId:
                FailRecovery(failure.Cause);
                break;
            case RecoveryTick tick when tick.ActorInstanceId == _instanceId:
                if (!_isProgressing) FailRecovery(new RecoveryTimedOutException($"Recovery timed out: no event came after sequence number {LastSequenceNr}."));
                _isProgressing = false;
                break;
            default:
                if (!IsOfAnotherLife(message)) _waiting.Stash();
                break;
        }
    }

    bool TryOffer(SnapshotOffer offer)
    {
        try
        {
            var before = LastSequenceNr;
            LastSequenceNr = offer.Metadata.SequenceNr;
            if (!ReceiveRecover(offer))
            {
                LastSequenceNr = before;
                Unhandled(offer);
            }
            return true;
        }
        catch (Exception fault)
        {
            FailRecovery(fault);
            return false;
        }
    }

    void ReplayOne(IPersistentRepresentation persistent)
    {
        try
        {
            LastSequenceNr = Math.Max(LastSequenceNr, persistent.SequenceNr);
            if (!ReceiveRecover(persistent.Payload)) Unhandled(persistent.Payload);
        }
        catch (Exception fault)
        {
            FailRecovery(fault, persistent.Payload);
        }
    }

    void EndRecovery(long highest)
    {
        _recoveryTimer.Cancel();
        OnReplaySuccess();
        _sequenceNr = LastSequenceNr = highest;
        _phase = Phase.Processing;
        try
        {
            if (!ReceiveRecover(RecoveryCompleted.Instance)) Unhandled(RecoveryCompleted.Instance);
        }
        finally
        {
            if (_stashingInvocations > 0) _phase = Phase.Persisting;
            else _waiting.UnstashAll();
            Flush();
        }
    }

    void FailRecovery(Exception cause, object at = null)
    {
        _recoveryTimer.Cancel();
        try
        {
            OnRecoveryFailure(cause, at);
        }
        finally
        {
            Context.Stop(Self);
        }
    }

    void Process(Receive receive, object message)
    {
        var failed = true;
        try
        {
            base.AroundReceive(receive, message);
            failed = false;
        }
        finally
        {
            Flush();
            if (_stashingInvocations > 0) _phase = Phase.Persisting;
            else TakeWaiting(all: failed);
        }
    }

    /// <summary>True where the message is the journal's answer to a write.</summary>
    bool Written(object message)
    {
        switch (message)
        {
            case WriteMessageSuccess success:
                LastSequenceNr = Math.Max(LastSequenceNr, success.Persistent.SequenceNr);
                Invoke(success.Persistent.Payload);
                return true;
            case WriteMessageRejected rejected:
                LastSequenceNr = Math.Max(LastSequenceNr, rejected.Persistent.SequenceNr);
                InvocationDone(_invocations.Peek());
                OnPersistRejected(rejected.Cause, rejected.Persistent.Payload, rejected.Persistent.SequenceNr);
                return true;
            case WriteMessageFailure failure:
                InvocationDone(_invocations.Peek());
                try
                {
                    OnPersistFailure(failure.Cause, failure.Persistent.Payload, failure.Persistent.SequenceNr);
                }
                finally
                {
                    Context.Stop(Self);
                }
                return true;
            case WriteMessagesDone:
                _isWriting = false;
                Flush();
                return true;
            default:
                return message is RecoveryTick;
        }
    }

    void Invoke(object @event)
    {
        var invocation = _invocations.Peek();
        var failed = true;
        try
        {
            invocation.Handler(@event);
            failed = false;
        }
        finally
        {
            Flush();
            InvocationDone(invocation, failed);
        }
    }

    void InvocationDone(Invocation invocation, bool failed = false)
    {
        _invocations.Dequeue();
        if (invocation.IsStashing) _stashingInvocations--;
        if (_stashingInvocations > 0)
        {
            _phase = Phase.Persisting;
            return;
        }
        if (_phase == Phase.Persisting || failed)
        {
            _phase = Phase.Processing;
            TakeWaiting(failed);
        }
    }

    /// <summary>One at a time, so that a command that persists keeps the others waiting; all of them before a restart.</summary>
    void TakeWaiting(bool all)
    {
        if (all) _waiting.UnstashAll();
        else _waiting.Unstash();
    }

    /// <summary>What an earlier instance of this actor had asked for is not for this one.</summary>
    bool IsOfAnotherLife(object message) => message switch
    {
        WriteMessageSuccess m => m.ActorInstanceId != _instanceId,
        WriteMessageRejected m => m.ActorInstanceId != _instanceId,
        WriteMessageFailure m => m.ActorInstanceId != _instanceId,
        WriteMessagesDone m => m.ActorInstanceId != _instanceId,
        ReplayedMessage or RecoverySuccess or ReplayMessagesFailure or LoadSnapshotResult or LoadSnapshotFailed => true,
        RecoveryTick m => m.ActorInstanceId != _instanceId,
        _ => false,
    };

    void LetGo()
    {
        _recoveryTimer?.Cancel();
        _waiting.UnstashAll();
    }
}
