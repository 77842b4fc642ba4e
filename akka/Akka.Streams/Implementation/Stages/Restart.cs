using Akka.Event;

namespace Akka.Streams.Implementation.Stages;

/// <summary>
/// Runs a graph inside itself, and runs it again after a pause when it ends. Its own ports stay open meanwhile: they give and take
/// nothing while it pauses. An element on its way in the graph that ended is lost.
/// </summary>
internal sealed class Restart<TIn, TOut>(
    Materialization context, RestartSettings settings, bool onlyOnFailures, bool hasIn, bool hasOut, Build<NotUsed> graph) : Logic(context)
{
    /// <summary>A graph that fails cancels its upstream too. So long the cancellation waits for the failure to be heard first.</summary>
    static readonly TimeSpan CancellationDelay = TimeSpan.FromMilliseconds(50);

    // Made by CreatePorts, so that a source has no input and a sink no output.
    internal In<TIn>? In { get; private set; }

    internal Out<TOut>? Out { get; private set; }

    In<TOut>? _innerOut;
    Out<TIn>? _innerIn;
    StageTimer _restart = null!;
    StageTimer _cancellation = null!;
    Exception? _cancelCause;
    TimeSpan _countedUntil;
    int _restarts;
    bool _ending;

    // Restarts at the same time drift apart: each stage has a seed of its own.
    readonly Random _jitter = new(Environment.TickCount ^ context.GetHashCode());

    internal Restart<TIn, TOut> WithPorts()
    {
        if (hasIn) In = new In<TIn>(this);
        if (hasOut) Out = new Out<TOut>(this);
        return this;
    }

    internal override void PreStart()
    {
        _restart = Timer(() =>
        {
            StartGraph();
            CountAnew();
        });
        _cancellation = Timer(() => InnerCancelled(_cancelCause!));
        CountAnew();
        StartGraph();
    }

    void CountAnew() => _countedUntil = Materializer.Clock + settings.MaxRestartsWithin;

    void StartGraph()
    {
        if (hasIn) _innerIn = new Out<TIn>(this);
        if (hasOut) _innerOut = new In<TOut>(this);
        Run(graph, _innerIn, _innerOut);
        if (Out is { IsAvailable: true }) _innerOut?.TryPull();
    }

    internal override void OnPush(In port)
    {
        if (port == In)
        {
            if (_innerIn is { IsAvailable: true }) _innerIn.Push(In.Grab());
        }
        else if (port == _innerOut)
        {
            Out!.Push(_innerOut.Grab());
        }
    }

    internal override void OnPull(Out port)
    {
        if (port == Out) _innerOut?.TryPull();
        else if (port != _innerIn) return;
        else if (In!.IsAvailable) _innerIn.Push(In.Grab());
        else In.TryPull();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (port == In)
        {
            _ending = true;
            if (_innerIn is null) CompleteStage();
            else _innerIn.Complete();
        }
        else if (port == _innerOut)
        {
            if (_ending || onlyOnFailures || RestartsExhausted()) Out!.Complete();
            else Pause();
        }
    }

    internal override void OnUpstreamFailure(In port, Exception cause)
    {
        if (port == In)
        {
            _ending = true;
            if (_innerIn is null) FailStage(cause);
            else _innerIn.Fail(cause);
        }
        else if (port == _innerOut)
        {
            if (_ending || RestartsExhausted())
            {
                Out!.Fail(cause);
                return;
            }
            Materializer.Logger.Warning(cause, "Restarting graph due to failure.");
            Pause();
        }
    }

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        if (port == Out)
        {
            _ending = true;
            if (_innerOut is null) CancelStage(cause);
            else _innerOut.Cancel(cause);
        }
        else if (port == _innerIn)
        {
            if (!hasOut)
            {
                InnerCancelled(cause);
                return;
            }
            _cancelCause = cause;
            _cancellation.Once(CancellationDelay);
        }
    }

    void InnerCancelled(Exception cause)
    {
        if (_ending || onlyOnFailures || RestartsExhausted()) In!.Cancel(cause);
        else Pause();
    }

    bool RestartsExhausted()
    {
        if (Materializer.Clock > _countedUntil) _restarts = 0;
        return _restarts == settings.MaxRestarts;
    }

    TimeSpan Delay()
    {
        var doubled = settings.MinBackoff * Math.Pow(2, Math.Min(_restarts, 30));
        var backoff = doubled < settings.MaxBackoff ? doubled : settings.MaxBackoff;
        return backoff * (1 + _jitter.NextDouble() * settings.RandomFactor);
    }

    void Pause()
    {
        _restart.Once(Delay());
        _restarts++;
        _cancellation.Cancel();
        if (_innerIn is not null)
        {
            _innerIn.Complete();
            Forget(_innerIn);
        }
        if (_innerOut is not null)
        {
            _innerOut.Cancel();
            Forget(_innerOut);
        }
        (_innerIn, _innerOut) = (null, null);
    }
}
