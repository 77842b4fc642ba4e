#nullable disable // Actors override these members; Akka.NET's say nothing about null.
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The base of every actor. Hooks in order: PreStart once; for each failure PreRestart on the old instance, then PostRestart on a new one;
/// PostStop last.
/// By default PreRestart stops the children and calls PostStop, and PostRestart calls PreStart.
/// </summary>
public abstract class ActorBase
{
    readonly ActorCell _cell;
    SupervisorStrategy _supervisorStrategy;

    protected ActorBase()
    {
        _cell = ActorCell.Current ?? throw new ActorInitializationException(
            $"{GetType().FullName} was made with new; an actor is made with ActorOf and Props.");
        _cell.Become(Receive);
    }

    protected static Receive EmptyReceive { get; } = _ => false;

    protected static IActorContext Context =>
        ActorCell.Current ?? throw new NotSupportedException(
            "There is no ActorContext here: this code does not run as an actor. After an await, use ReceiveAsync or PipeTo.");

    protected IActorRef Self => _cell.Self;
    protected IActorRef Sender => _cell.Sender;
    internal SupervisorStrategy SupervisorStrategyInternal => _supervisorStrategy ??= SupervisorStrategy();
    private protected ActorCell Cell => _cell;
    protected abstract bool Receive(object message);
    protected virtual SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.DefaultStrategy;

    protected virtual void PreStart() { }

    protected virtual void PostStop() { }

    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }
        PostStop();
    }

    protected virtual void PostRestart(Exception reason) => PreStart();
    public virtual void AroundPreStart() => PreStart();

    public virtual void AroundPostStop()
    {
        (this as IWithTimers)?.Timers?.CancelAll();
        PostStop();
    }

    public virtual void AroundPreRestart(Exception cause, object message)
    {
        (this as IWithTimers)?.Timers?.CancelAll();
        PreRestart(cause, message);
    }

    public virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);

    protected internal virtual bool AroundReceive(Receive receive, object message)
    {
        if (message is TimerMessage timer && !timer.TryOpen(this, out message)) return true;
        if (receive(message)) return true;
        Unhandled(message);
        return false;
    }

    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated) throw new DeathPactException(terminated.ActorRef);
        Context.System.EventStream.Publish(new UnhandledMessage(message, Sender, Self));
    }

    protected void Become(Receive receive) => Context.Become(receive);
    protected void BecomeStacked(Receive receive) => Context.BecomeStacked(receive);
    protected void UnbecomeStacked() => Context.UnbecomeStacked();
    protected void SetReceiveTimeout(TimeSpan? timeout) => Context.SetReceiveTimeout(timeout);

    internal virtual void Init(ActorCell cell)
    {
        if (this is IActorStash stashing) stashing.Stash ??= new StashBox(cell);
        if (this is IWithTimers timed) timed.Timers ??= new TimerScheduler(cell);
    }
}
