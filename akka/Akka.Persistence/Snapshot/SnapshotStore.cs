#nullable disable
using Akka.Actor;

namespace Akka.Persistence.Snapshot;

/// <summary>A snapshot store of any kind.</summary>
public abstract class SnapshotStore : ActorBase
{
    readonly TimeSpan _callTimeout;

    protected SnapshotStore() =>
        _callTimeout = Persistence.Instance.Apply(Context.System).ConfigOf(Self, isJournal: false).GetTimeSpan("circuit-breaker.call-timeout");

    /// <summary>The latest that the criteria include, or null.</summary>
    protected abstract Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria);

    protected abstract Task SaveAsync(SnapshotMetadata metadata, object snapshot);
    protected abstract Task DeleteAsync(SnapshotMetadata metadata);
    protected abstract Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria);

    protected sealed override bool Receive(object message)
    {
        switch (message)
        {
            case LoadSnapshot load:
                Answer(
                    async () => new LoadSnapshotResult(await LoadAsync(load.PersistenceId, load.Criteria).ConfigureAwait(false), load.ActorInstanceId),
                    cause => new LoadSnapshotFailed(cause, load.ActorInstanceId));
                return true;
            case SaveSnapshot save:
                Answer(() => Done(SaveAsync(save.Metadata, save.Snapshot), new SaveSnapshotSuccess(save.Metadata)), cause => new SaveSnapshotFailure(save.Metadata, cause));
                return true;
            case DeleteSnapshots delete:
                Answer(
                    () => Done(DeleteAsync(delete.PersistenceId, delete.Criteria), new DeleteSnapshotsSuccess(delete.Criteria)),
                    cause => new DeleteSnapshotsFailure(delete.Criteria, cause));
                return true;
            default:
                return false;
        }
    }

    static async Task<object> Done(Task task, object answer)
    {
        await task.ConfigureAwait(false);
        return answer;
    }

    void Answer(Func<Task<object>> work, Func<Exception, object> failure) => _ = AnswerAsync(work, failure, Sender, Self);

    async Task AnswerAsync(Func<Task<object>> work, Func<Exception, object> failure, IActorRef to, IActorRef self)
    {
        object answer;
        try
        {
            answer = await work().WaitAsync(_callTimeout).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            answer = failure(fault);
        }
        to.Tell(answer, self);
    }
}
