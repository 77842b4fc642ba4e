namespace Akka.Streams.Implementation.Stages;

/// <summary>Each element to every output, once all of them have asked for it.</summary>
internal sealed class BroadcastLogic<T> : Logic
{
    readonly bool _eagerCancel;
    readonly bool[] _asked;
    int _missing;
    int _running;

    internal readonly In<T> In;
    internal readonly Out<T>[] Outs;

    internal BroadcastLogic(Materialization context, int count, bool eagerCancel) : base(context)
    {
        In = new In<T>(this);
        Outs = new Out<T>[count];
        for (var i = 0; i < count; i++) Outs[i] = new Out<T>(this, i);
        _asked = new bool[count];
        _eagerCancel = eagerCancel;
        _missing = _running = count;
    }

    internal override void OnPush(In port)
    {
        _missing = _running;
        var element = In.Grab();
        foreach (var output in Outs)
        {
            if (output.IsClosed) continue;
            output.Push(element);
            _asked[output.Index] = false;
        }
    }

    internal override void OnPull(Out port)
    {
        _asked[port.Index] = true;
        _missing--;
        PullIfAllAsked();
    }

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        if (_eagerCancel || --_running == 0)
        {
            CancelStage(cause);
        }
        else if (!_asked[port.Index])
        {
            _missing--;
            PullIfAllAsked();
        }
    }

    void PullIfAllAsked()
    {
        if (_missing == 0) In.TryPull();
    }
}

internal abstract class FanInLogic<T> : Logic
{
    internal readonly In<T>[] Ins;
    internal readonly Out<T> Out;

    protected FanInLogic(Materialization context, int count) : base(context)
    {
        Ins = new In<T>[count];
        for (var i = 0; i < count; i++) Ins[i] = new In<T>(this, i);
        Out = new Out<T>(this);
    }
}

/// <summary>Elements of all inputs in the order in which they come; one waits at each.</summary>
internal sealed class MergeLogic<T>(Materialization context, int count, bool eagerComplete) : FanInLogic<T>(context, count)
{
    readonly Queue<In<T>> _waiting = new();
    int _running = count;

    internal override void PreStart()
    {
        foreach (var input in Ins) input.TryPull();
    }

    internal override void OnPush(In port)
    {
        var input = (In<T>)port;
        if (!Out.IsAvailable)
        {
            _waiting.Enqueue(input);
            return;
        }
        Out.Push(input.Grab());
        input.TryPull();
    }

    internal override void OnPull(Out port)
    {
        if (!_waiting.TryDequeue(out var input)) return;
        Out.Push(input.Grab());
        if (_running == 0 && _waiting.Count == 0) CompleteStage();
        else input.TryPull();
    }

    internal override void OnUpstreamFinish(In port)
    {
        _running--;
        if (eagerComplete)
        {
            // What waits is still given out.
            foreach (var input in Ins)
            {
                if (!input.IsAvailable) input.Cancel();
            }
            _running = 0;
        }
        if (_running == 0 && _waiting.Count == 0) CompleteStage();
    }
}

/// <summary>One input after the other.</summary>
internal sealed class ConcatLogic<T>(Materialization context, int count) : FanInLogic<T>(context, count)
{
    int _current;

    internal override void OnPush(In port) => Out.Push(((In<T>)port).Grab());

    internal override void OnPull(Out port) => Ins[_current].Pull();

    internal override void OnUpstreamFinish(In port)
    {
        if (port.Index != _current) return;
        while (_current < Ins.Length && Ins[_current].IsClosed) _current++;
        if (_current == Ins.Length) CompleteStage();
        else if (Out.IsAvailable) Ins[_current].Pull();
    }
}
