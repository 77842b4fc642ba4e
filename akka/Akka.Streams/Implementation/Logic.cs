using System.Runtime.InteropServices;
using Akka.Streams.Supervision;

namespace Akka.Streams.Implementation;

/// <summary>
/// One running stage: its ports and what happens at them. Every method runs in the stage's island, one at a time;
/// what comes from elsewhere comes through <see cref="Post"/> or a timer.
/// </summary>
internal abstract class Logic(Materialization context)
{
    readonly List<In> _ins = new(1);
    readonly List<Out> _outs = new(1);
    readonly Materialization _context = context;
    List<StageTimer>? _timers;

    internal readonly Island Island = context.Island;

    /// <summary>Ports that neither side has closed; a stage without one stops.</summary>
    internal int Open;

    internal bool Stopped;

    protected ActorMaterializer Materializer => _context.Materializer;

    protected Decider Decider => _context.Attributes.Decider;

    internal void AddPort(In port)
    {
        _ins.Add(port);
        Open++;
    }

    internal void AddPort(Out port)
    {
        _outs.Add(port);
        Open++;
    }

    /// <summary>A closed port of a graph that ran inside this stage needs no more thought.</summary>
    protected void Forget(In port) => _ins.Remove(port);

    protected void Forget(Out port) => _outs.Remove(port);

    /// <summary>A port that was made for a graph which then was not.</summary>
    internal void Abandon(In port)
    {
        _ins.Remove(port);
        Open--;
    }

    internal void Abandon(Out port)
    {
        _outs.Remove(port);
        Open--;
    }

    internal virtual void PreStart() { }

    internal virtual void PostStop() { }

    internal virtual void OnPush(In port) => throw new NotSupportedException($"{this} takes no elements");

    internal virtual void OnUpstreamFinish(In port) => CompleteStage();

    internal virtual void OnUpstreamFailure(In port, Exception cause) => FailStage(cause);

    internal virtual void OnPull(Out port) => throw new NotSupportedException($"{this} has no elements");

    internal virtual void OnDownstreamFinish(Out port, Exception cause) => CancelStage(cause);

    /// <summary>Whether the stage goes on after what a handler of its threw.</summary>
    internal virtual bool Recovers(Exception thrown) => false;

    internal void CompleteStage() => Close(SubscriptionWithCancelException.StageWasCompleted.Instance, null);

    internal void FailStage(Exception cause) => Close(cause, cause);

    /// <summary>Ends the stage for the reason that a consumer gave: a failure there is one for the other consumers too.</summary>
    internal void CancelStage(Exception cause) =>
        Close(cause, cause is SubscriptionWithCancelException.NonFailureCancellation ? null : cause);

    void Close(Exception cancelCause, Exception? failure)
    {
        foreach (var port in CollectionsMarshal.AsSpan(_ins)) port.Cancel(cancelCause);
        foreach (var port in CollectionsMarshal.AsSpan(_outs))
        {
            if (failure is null) port.Complete();
            else port.Fail(failure);
        }
    }

    /// <summary>Starts a graph inside this stage's island, on ports that this stage has made for it.</summary>
    protected void Run<TMat>(Build<TMat> graph, Out? feeds = null, In? drains = null) => Island.Attach(graph, _context, feeds, drains);

    /// <summary>Lets <paramref name="action"/> happen in the island, unless the stage has stopped by then.</summary>
    protected void Post(Action action) => Island.Post(new ActionSignal(this, action));

    protected StageTimer Timer(Action elapsed)
    {
        var timer = new StageTimer(this, Materializer, elapsed);
        (_timers ??= []).Add(timer);
        return timer;
    }

    internal void CancelTimers() => _timers?.ForEach(timer => timer.Cancel());

    public override string ToString() => GetType().Name;
}

/// <summary>Something that happened outside of an island, on its way in.</summary>
internal abstract class Signal(Logic target)
{
    internal Signal? Next;

    internal readonly Logic Target = target;

    internal abstract void Run();

    /// <summary>The stage had stopped when the signal arrived.</summary>
    internal virtual void Late() { }
}

internal sealed class ActionSignal(Logic target, Action action) : Signal(target)
{
    internal override void Run() => action();
}

internal abstract class SourceLogic<TOut> : Logic
{
    protected readonly Out<TOut> Out;

    protected SourceLogic(Materialization context) : base(context) => Out = new Out<TOut>(this);

    internal Out Outlet => Out;
}

internal abstract class SinkLogic<TIn> : Logic
{
    protected readonly In<TIn> In;

    protected SinkLogic(Materialization context) : base(context) => In = new In<TIn>(this);

    internal In Inlet => In;
}

internal abstract class FlowLogic<TIn, TOut> : Logic
{
    protected readonly In<TIn> In;
    protected readonly Out<TOut> Out;

    protected FlowLogic(Materialization context) : base(context)
    {
        In = new In<TIn>(this);
        Out = new Out<TOut>(this);
    }

    internal In Inlet => In;

    internal Out Outlet => Out;

    internal override void OnPull(Out port) => In.Pull();
}
