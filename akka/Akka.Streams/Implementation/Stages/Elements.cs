using Akka.Streams.Supervision;
using Akka.Util;

namespace Akka.Streams.Implementation.Stages;

internal sealed class Identity<T>(Materialization context) : FlowLogic<T, T>(context)
{
    internal override void OnPush(In port) => Out.Push(In.Grab());
}

/// <summary>A stage that runs the program's function on each element: when it throws, the supervision strategy decides.</summary>
internal abstract class Supervised<TIn, TOut>(Materialization context) : FlowLogic<TIn, TOut>(context)
{
    protected virtual void Restart() { }

    internal sealed override bool Recovers(Exception thrown)
    {
        var directive = Decider(thrown);
        if (directive == Directive.Stop)
        {
            FailStage(thrown);
            return true;
        }
        if (directive == Directive.Restart) Restart();
        if (In.IsClosed) CompleteStage();
        else In.TryPull();
        return true;
    }
}

internal sealed class Select<TIn, TOut>(Materialization context, Func<TIn, TOut> map) : Supervised<TIn, TOut>(context)
{
    internal override void OnPush(In port) => Out.Push(map(In.Grab()));
}

internal sealed class Where<T>(Materialization context, Predicate<T> predicate) : Supervised<T, T>(context)
{
    internal override void OnPush(In port)
    {
        var element = In.Grab();
        if (predicate(element)) Out.Push(element);
        else In.Pull();
    }
}

internal sealed class Collect<TIn, TOut>(Materialization context, Func<TIn, bool> isDefined, Func<TIn, TOut> collect)
    : Supervised<TIn, TOut>(context)
{
    internal override void OnPush(In port)
    {
        var element = In.Grab();
        if (isDefined(element)) Out.Push(collect(element));
        else In.Pull();
    }
}

internal sealed class TakeWhile<T>(Materialization context, Predicate<T> predicate, bool inclusive) : Supervised<T, T>(context)
{
    internal override void OnPush(In port)
    {
        var element = In.Grab();
        var more = predicate(element);
        if (more || inclusive) Out.Push(element);
        if (!more) CompleteStage();
    }
}

internal sealed class Take<T>(Materialization context, long count) : FlowLogic<T, T>(context)
{
    long _left = count;

    internal override void OnPush(In port)
    {
        _left--;
        Out.Push(In.Grab());
        if (_left <= 0) CompleteStage();
    }

    internal override void OnPull(Out port)
    {
        if (_left > 0) In.Pull();
        else CompleteStage();
    }
}

internal sealed class Skip<T>(Materialization context, long count) : FlowLogic<T, T>(context)
{
    long _left = count;

    internal override void OnPush(In port)
    {
        if (_left > 0)
        {
            _left--;
            In.Pull();
        }
        else
        {
            Out.Push(In.Grab());
        }
    }
}

/// <summary>Gives out the zero first, then each step's result, and at the least the zero where there was nothing.</summary>
internal sealed class Scan<TIn, TOut>(Materialization context, TOut zero, Func<TOut, TIn, TOut> aggregate) : FlowLogic<TIn, TOut>(context)
{
    readonly TOut _zero = zero;
    TOut _sum = zero;
    bool _zeroGiven;

    internal override void OnPull(Out port)
    {
        if (_zeroGiven)
        {
            In.Pull();
            return;
        }
        _zeroGiven = true;
        Out.Push(_sum);
        if (In.IsClosed) CompleteStage();
    }

    internal override void OnPush(In port)
    {
        try
        {
            _sum = aggregate(_sum, In.Grab());
            Out.Push(_sum);
        }
        catch (Exception e)
        {
            switch (Decider(e))
            {
                case Directive.Stop:
                    FailStage(e);
                    break;
                case Directive.Resume:
                    In.TryPull();
                    break;
                default:
                    _sum = _zero;
                    Out.Push(_sum);
                    break;
            }
        }
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (_zeroGiven) CompleteStage();
    }
}

internal sealed class Aggregate<TIn, TOut>(Materialization context, TOut zero, Func<TOut, TIn, TOut> aggregate)
    : Supervised<TIn, TOut>(context)
{
    readonly TOut _zero = zero;
    TOut _sum = zero;

    internal override void OnPush(In port)
    {
        _sum = aggregate(_sum, In.Grab());
        In.Pull();
    }

    protected override void Restart() => _sum = _zero;

    internal override void OnPull(Out port)
    {
        if (In.IsClosed) Finish();
        else In.Pull();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (Out.IsAvailable) Finish();
    }

    void Finish()
    {
        Out.Push(_sum);
        CompleteStage();
    }
}

internal sealed class SelectMany<TIn, TOut>(Materialization context, Func<TIn, IEnumerable<TOut>> map) : Supervised<TIn, TOut>(context)
{
    IEnumerator<TOut>? _elements;
    bool _more;

    internal override void OnPush(In port)
    {
        Close();
        _elements = map(In.Grab()).GetEnumerator();
        _more = _elements.MoveNext();
        Next();
    }

    internal override void OnPull(Out port)
    {
        try
        {
            Next();
        }
        catch (Exception e)
        {
            // The strategy is asked about elements that come in, not about what is made of them later.
            FailStage(e);
        }
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (!_more) CompleteStage();
    }

    protected override void Restart() => Close();

    internal override void PostStop() => _elements?.Dispose();

    void Next()
    {
        if (_more)
        {
            var element = _elements!.Current;
            _more = _elements.MoveNext();
            Out.Push(element);
            if (!_more && In.IsClosed) CompleteStage();
        }
        else if (!In.IsClosed)
        {
            In.Pull();
        }
        else
        {
            CompleteStage();
        }
    }

    void Close()
    {
        _elements?.Dispose();
        _elements = null;
        _more = false;
    }
}

internal sealed class Recover<T>(Materialization context, Func<Exception, Option<T>> recovery) : FlowLogic<T, T>(context)
{
    Option<T> _last = Option<T>.None;

    internal override void OnPush(In port) => Out.Push(In.Grab());

    internal override void OnPull(Out port)
    {
        if (_last.HasValue) Finish();
        else In.Pull();
    }

    internal override void OnUpstreamFailure(In port, Exception cause)
    {
        _last = recovery(cause);
        if (!_last.HasValue) FailStage(cause);
        else if (Out.IsAvailable) Finish();
    }

    void Finish()
    {
        Out.Push(_last.Value);
        CompleteStage();
    }
}

internal sealed class SelectError<T>(Materialization context, Func<Exception, Exception> selector) : FlowLogic<T, T>(context)
{
    internal override void OnPush(In port) => Out.Push(In.Grab());

    internal override void OnUpstreamFailure(In port, Exception cause) => FailStage(selector(cause));
}

internal sealed class Widen<TIn, TOut>(Materialization context) : FlowLogic<TIn, TOut>(context) where TIn : TOut
{
    internal override void OnPush(In port) => Out.Push(In.Grab());
}
