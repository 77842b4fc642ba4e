#nullable disable // Akka.NET's own signatures say nothing about null, and strategies are written against them.
using Akka.Event;

namespace Akka.Actor;

public enum Directive
{
    Resume,
    Restart,
    Escalate,
    Stop,
}

public interface IDecider
{
    Directive Decide(Exception cause);
}

public static class Decider
{
    public static LocalOnlyDecider From(Func<Exception, Directive> localOnlyDecider) => new(localOnlyDecider);
}

public class LocalOnlyDecider(Func<Exception, Directive> decider) : IDecider
{
    public Directive Decide(Exception cause) => decider(cause);
}

/// <summary>How often a child was restarted, and since when that counts.</summary>
internal sealed class ChildRestartStats(IInternalActorRef child)
{
    int _restarts;
    long _windowStart;

    internal IInternalActorRef Child => child;

    /// <summary>Stopping, but not yet stopped.</summary>
    internal bool IsStopping { get; set; }

    internal bool RequestRestartPermission(int maxNrOfRetries, int withinMilliseconds)
    {
        if (maxNrOfRetries == 0) return false;
        if (withinMilliseconds <= 0) return maxNrOfRetries < 0 || ++_restarts <= maxNrOfRetries;

        var now = Environment.TickCount64;
        if (_windowStart == 0) _windowStart = now;
        if (now - _windowStart <= withinMilliseconds) return ++_restarts <= (maxNrOfRetries < 0 ? 1 : maxNrOfRetries);
        _restarts = 1;
        _windowStart = now;
        return true;
    }
}

/// <summary>What a parent does about a child that failed.</summary>
public abstract class SupervisorStrategy
{
    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecide);
    public static readonly OneForOneStrategy StoppingStrategy = new(_ => Directive.Stop);
    public static IDecider DefaultDecider = Actor.Decider.From(DefaultDecide);
    public abstract IDecider Decider { get; }
    protected bool LoggingEnabled { get; set; } = true;
    protected abstract Directive Handle(IActorRef child, Exception exception);
    private protected abstract void ProcessFailure(ActorCell cell, bool restart, ChildRestartStats failed, Exception cause);

    /// <summary>False where the failure is to go up to this actor's own parent.</summary>
    internal bool HandleFailure(ActorCell cell, ChildRestartStats failed, Exception cause)
    {
        var directive = Handle(failed.Child, cause);
        LogFailure(cell, failed.Child, cause, directive);
        switch (directive)
        {
            case Directive.Escalate:
                return false;
            case Directive.Resume:
                failed.Child.SendSystemMessage(new Dispatch.Resume(cause));
                return true;
            default:
                ProcessFailure(cell, directive == Directive.Restart, failed, cause);
                return true;
        }
    }

    protected virtual void LogFailure(IActorContext context, IActorRef child, Exception cause, Directive directive)
    {
        if (!LoggingEnabled || directive == Directive.Escalate) return;
        var message = cause is ActorInitializationException { InnerException: { } inner } ? inner.Message : cause.Message;
        var source = child.Path.ToString();
        context.System.EventStream.Publish(directive == Directive.Resume
            ? new Warning(source, GetType(), message)
            : new Error(cause, source, GetType(), message));
    }

    static Directive DefaultDecide(Exception cause) =>
        cause is ActorInitializationException or ActorKilledException or DeathPactException ? Directive.Stop : Directive.Restart;
}

/// <summary>Looks after the failed child alone.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries, withinTimeRange, Actor.Decider.From(localOnlyDecider)) { }

    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
        : this(maxNrOfRetries ?? -1, (int)(withinTimeRange ?? Timeout.InfiniteTimeSpan).TotalMilliseconds, decider) { }

    public OneForOneStrategy(
        int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : this(maxNrOfRetries, withinTimeMilliseconds, Actor.Decider.From(localOnlyDecider), loggingEnabled) { }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled = true)
    {
        Decider = decider;
        MaxNumberOfRetries = maxNrOfRetries;
        WithinTimeRangeMilliseconds = withinTimeMilliseconds;
        LoggingEnabled = loggingEnabled;
    }

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider) : this(-1, -1, localOnlyDecider) { }

    public OneForOneStrategy(IDecider decider) : this(-1, -1, decider) { }

    public int MaxNumberOfRetries { get; }
    public int WithinTimeRangeMilliseconds { get; }
    public override IDecider Decider { get; }
    protected override Directive Handle(IActorRef child, Exception exception) => Decider.Decide(exception);

    private protected override void ProcessFailure(ActorCell cell, bool restart, ChildRestartStats failed, Exception cause)
    {
        if (restart && failed.RequestRestartPermission(MaxNumberOfRetries, WithinTimeRangeMilliseconds))
        {
            failed.Child.SendSystemMessage(new Dispatch.Recreate(cause));
        }
        else
        {
            cell.Stop(failed.Child);
        }
    }
}
