#nullable disable
using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

public abstract class WriteJournalBase : ActorBase;

/// <summary>
/// A journal of any kind: what a kind knows is how to write, read and delete. Writes of different actors run side by side; an actor itself asks
/// for one at a time, and a replay waits for the writes before it, so that it misses none.
/// </summary>
public abstract class AsyncWriteJournal : WriteJournalBase
{
    readonly TimeSpan _callTimeout;
    readonly Dictionary<string, Task> _writes = [];

    protected AsyncWriteJournal() =>
        _callTimeout = Persistence.Instance.Apply(Context.System).ConfigOf(Self, isJournal: true).GetTimeSpan("circuit-breaker.call-timeout");

    public abstract Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback);

    public abstract Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr);

    /// <summary>
    /// Null where all were written; else one entry for each write, null where it was written, the reason where it cannot be. Throws where nothing
    /// is known.
    /// </summary>
    protected abstract Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages);

    protected abstract Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr);

    protected sealed override bool Receive(object message)
    {
        switch (message)
        {
            case WriteMessages write:
                Start(write.Writes[0].PersistenceId, WriteAsync(write, Self));
                return true;
            case ReplayMessages replay:
                _ = ReplayAsync(replay, _writes.GetValueOrDefault(replay.PersistenceId, Task.CompletedTask), Context);
                return true;
            case DeleteMessagesTo delete:
                Start(delete.PersistenceId, DeleteAsync(delete));
                return true;
            case TaskEnded ended:
                if (_writes.GetValueOrDefault(ended.PersistenceId) is { IsCompleted: true }) _writes.Remove(ended.PersistenceId);
                return true;
            default:
                return false;
        }
    }

    sealed record TaskEnded(string PersistenceId);

    void Start(string persistenceId, Task task)
    {
        var all = _writes.GetValueOrDefault(persistenceId) is { IsCompleted: false } before ? Task.WhenAll(before, task) : task;
        _writes[persistenceId] = all;
        _ = all.PipeTo(Self, success: () => new TaskEnded(persistenceId));
    }

    async Task WriteAsync(WriteMessages write, IActorRef self)
    {
        Func<IPersistentRepresentation, int, object> outcome;
        try
        {
            var rejections = await WriteMessagesAsync(write.Writes).WaitAsync(_callTimeout).ConfigureAwait(false);
            outcome = (persistent, index) => rejections?[index] is { } cause
                ? new WriteMessageRejected(persistent, cause, write.ActorInstanceId)
                : new WriteMessageSuccess(persistent, write.ActorInstanceId);
        }
        catch (Exception fault)
        {
            outcome = (persistent, _) => new WriteMessageFailure(persistent, fault, write.ActorInstanceId);
        }
        write.PersistentActor.Tell(new WriteMessagesDone(write.ActorInstanceId), self);
        for (var i = 0; i < write.Writes.Count; i++)
        {
            foreach (var persistent in write.Writes[i].Events) write.PersistentActor.Tell(outcome(persistent, i), persistent.Sender);
        }
    }

    async Task ReplayAsync(ReplayMessages replay, Task writesBefore, IActorContext context)
    {
        var (to, id) = (replay.PersistentActor, replay.ActorInstanceId);
        try
        {
            await writesBefore.ConfigureAwait(false);
            var highest = await ReadHighestSequenceNrAsync(replay.PersistenceId, Math.Max(0, replay.FromSequenceNr - 1)).WaitAsync(_callTimeout).ConfigureAwait(false);
            var last = Math.Min(replay.ToSequenceNr, highest);
            if (replay.FromSequenceNr <= last && replay.Max > 0)
            {
                await ReplayMessagesAsync(
                    context, replay.PersistenceId, replay.FromSequenceNr, last, replay.Max,
                    persistent => to.Tell(new ReplayedMessage(persistent, id), ActorRefs.NoSender)).ConfigureAwait(false);
            }
            to.Tell(new RecoverySuccess(highest, id), ActorRefs.NoSender);
        }
        catch (Exception fault)
        {
            to.Tell(new ReplayMessagesFailure(fault, id), ActorRefs.NoSender);
        }
    }

    async Task DeleteAsync(DeleteMessagesTo delete)
    {
        object answer;
        try
        {
            await DeleteMessagesToAsync(delete.PersistenceId, delete.ToSequenceNr).WaitAsync(_callTimeout).ConfigureAwait(false);
            answer = new DeleteMessagesSuccess(delete.ToSequenceNr);
        }
        catch (Exception fault)
        {
            answer = new DeleteMessagesFailure(fault, delete.ToSequenceNr);
        }
        delete.PersistentActor.Tell(answer, ActorRefs.NoSender);
    }
}
