using Akka.Actor;
using Akka.Event;

namespace Akka.Pattern;

/// <summary>Passes messages on to its one child, and starts that again, later each time, when it is gone.</summary>
public abstract class BackoffSupervisorBase : ActorBase
{
    IActorRef? _child;
    int _restarts;
    bool _finalStopMessageReceived;
    private protected BackoffSupervisorBase(BackoffPlan plan) => Plan = plan;
    private protected BackoffPlan Plan { get; }
    private protected int Restarts => _restarts;
    private protected bool FinalStopMessageReceived => _finalStopMessageReceived;
    protected override void PreStart() => StartChild();
    private protected bool IsChild(IActorRef actor) => actor.Equals(_child);

    private protected void ForgetRestartsAfter(TimeSpan time) =>
        Context.System.Scheduler.ScheduleTellOnce(time, Self, new BackoffSupervisor.ResetRestartCount(_restarts), Self);

    private protected bool MayRestart => Plan.Strategy.MaxNumberOfRetries < 0 || _restarts < Plan.Strategy.MaxNumberOfRetries;

    private protected void StartChildLater()
    {
        _child = null;
        Context.System.Scheduler.ScheduleTellOnce(Plan.DelayAfter(_restarts), Self, BackoffSupervisor.StartChild.Instance, Self);
        _restarts++;
    }

    private protected bool HandleBackoff(object message)
    {
        switch (message)
        {
            case BackoffSupervisor.StartChild:
                StartChild();
                if (Plan.AutoReset is { } quiet) ForgetRestartsAfter(quiet);
                return true;
            case BackoffSupervisor.Reset when Plan.AutoReset is null:
                _restarts = 0;
                return true;
            case BackoffSupervisor.Reset:
                return false;
            case BackoffSupervisor.ResetRestartCount reset:
                // Only where no further restart came in between.
                if (reset.Current == _restarts) _restarts = 0;
                return true;
            case BackoffSupervisor.GetRestartCount:
                Sender.Tell(new BackoffSupervisor.RestartCount(_restarts));
                return true;
            case BackoffSupervisor.GetCurrentChild:
                Sender.Tell(new BackoffSupervisor.CurrentChild(_child!));
                return true;
            default:
                PassOn(message);
                return true;
        }
    }

    void StartChild() => _child ??= Context.Watch(Context.ActorOf(Plan.ChildProps, Plan.ChildName));

    void PassOn(object message)
    {
        if (_child is null)
        {
            if (Plan.ReplyWhileStopped is { } reply) Sender.Tell(reply);
            else Context.System.DeadLetters.Forward(message);
            if (Plan.FinalStopMessage?.Invoke(message) == true) Context.Stop(Self);
        }
        else if (_child.Equals(Sender))
        {
            Context.Parent.Tell(message);
        }
        else
        {
            _child.Forward(message);
            _finalStopMessageReceived |= Plan.FinalStopMessage?.Invoke(message) == true;
        }
    }
}

public sealed class BackoffSupervisor : BackoffSupervisorBase
{
    internal BackoffSupervisor(BackoffPlan plan) : base(plan) { }

    public static Props Props(BackoffOptions options) => options.Props;
    protected override SupervisorStrategy SupervisorStrategy() => Plan.Strategy;

    protected override bool Receive(object message)
    {
        if (message is not Terminated ended || !IsChild(ended.ActorRef)) return HandleBackoff(message);
        if (FinalStopMessageReceived || !MayRestart) Context.Stop(Self);
        else StartChildLater();
        return true;
    }

    public sealed class GetCurrentChild
    {
        public static readonly GetCurrentChild Instance = new();

        GetCurrentChild() { }
    }

    /// <summary>The answer to <see cref="GetCurrentChild"/>; no ref while the child is down.</summary>
    public sealed class CurrentChild(IActorRef @ref)
    {
        public IActorRef Ref { get; } = @ref;
    }

    public sealed class Reset
    {
        public static readonly Reset Instance = new();

        Reset() { }
    }

    public sealed class GetRestartCount
    {
        public static readonly GetRestartCount Instance = new();

        GetRestartCount() { }
    }

    public sealed class RestartCount(int count)
    {
        public int Count { get; } = count;
    }

    public sealed class StartChild : IDeadLetterSuppression
    {
        public static readonly StartChild Instance = new();

        StartChild() { }
    }

    public sealed class ResetRestartCount(int current) : IDeadLetterSuppression
    {
        public int Current { get; } = current;
    }
}

/// <summary>Turns a restart into stopping the child and starting it again after the wait.</summary>
internal sealed class BackoffOnFailureSupervisor(BackoffPlan plan) : BackoffSupervisorBase(plan)
{
    protected override SupervisorStrategy SupervisorStrategy()
    {
        var strategy = Plan.Strategy;
        return new OneForOneStrategy(strategy.MaxNumberOfRetries, strategy.WithinTimeRangeMilliseconds, cause =>
        {
            var directive = strategy.Decider.Decide(cause);
            if (directive != Directive.Restart) return directive;
            var within = strategy.WithinTimeRangeMilliseconds;
            if (within > 0 && Restarts == 0) ForgetRestartsAfter(TimeSpan.FromMilliseconds(within));
            if (MayRestart) Become(WaitingForEnd(Sender));
            else Context.Stop(Self);
            return Directive.Stop;
        });
    }

    protected override bool Receive(object message)
    {
        if (message is not Terminated ended || !IsChild(ended.ActorRef)) return HandleBackoff(message);
        Context.Stop(Self);
        return true;
    }

    Receive WaitingForEnd(IActorRef failed) => message =>
    {
        if (message is BackoffSupervisor.StartChild) return true;
        if (message is not Terminated ended || !ended.ActorRef.Equals(failed)) return HandleBackoff(message);
        Become(Receive);
        StartChildLater();
        return true;
    };
}
