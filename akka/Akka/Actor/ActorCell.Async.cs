#nullable disable
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>
/// Async handlers: the mail waits until the handler's task is done, and what goes on after an await comes back as a system message,
/// so that it runs as the actor, with the same Sender.
/// </summary>
internal sealed partial class ActorCell
{
    ActorSynchronizationContext _synchronization;
    bool _awaiting;

    internal void RunTask(Func<Task> handler)
    {
        Task task = null;
        InActorContext(() => task = handler());
        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
            return;
        }
        _awaiting = true;
        _suspended++;
        _ = task.ContinueWith(
            static (done, cell) => ((ActorCell)cell!).SendSystemMessage(new HandlerDone(done)),
            this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    void InActorContext(Action action)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_synchronization ??= new ActorSynchronizationContext(this));
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    void HandlerEnded(Task task)
    {
        _awaiting = false;
        _suspended--;
        task.GetAwaiter().GetResult();
        _message = null;
    }

    sealed class ActorSynchronizationContext(ActorCell cell) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object state) => cell.SendSystemMessage(new Continuation(d, state));
        public override SynchronizationContext CreateCopy() => this;
    }
}
