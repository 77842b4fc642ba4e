using Akka.Actor;
using Akka.Util;

namespace Akka.Streams.Implementation.Stages;

internal sealed class EnumerableSource<T>(Materialization context, Func<IEnumerator<T>> open) : SourceLogic<T>(context)
{
    IEnumerator<T>? _elements;
    bool _more;

    internal override void OnPull(Out port)
    {
        if (_elements is null)
        {
            _elements = open();
            _more = _elements.MoveNext();
        }
        if (_more)
        {
            var element = _elements.Current;
            _more = _elements.MoveNext();
            Out.Push(element);
        }
        if (!_more) CompleteStage();
    }

    internal override void PostStop() => _elements?.Dispose();
}

internal sealed class EndedSource<T>(Materialization context, Exception? failure) : SourceLogic<T>(context)
{
    internal override void PreStart()
    {
        if (failure is null) CompleteStage();
        else FailStage(failure);
    }
}

internal sealed class SilentSource<T>(Materialization context) : SourceLogic<T>(context)
{
    internal override void OnPull(Out port) { }
}

internal sealed class UnfoldSource<TState, T>(Materialization context, TState state, Func<TState, Option<(TState, T)>> unfold)
    : SourceLogic<T>(context)
{
    TState _state = state;

    internal override void OnPull(Out port)
    {
        var next = unfold(_state);
        if (!next.HasValue)
        {
            CompleteStage();
            return;
        }
        (_state, var element) = next.Value;
        Out.Push(element);
    }
}

internal sealed class UnfoldInfiniteSource<TState, T>(Materialization context, TState state, Func<TState, (TState, T)> unfold)
    : SourceLogic<T>(context)
{
    TState _state = state;

    internal override void OnPull(Out port)
    {
        (_state, var element) = unfold(_state);
        Out.Push(element);
    }
}

internal sealed class UnfoldAsyncSource<TState, T>(
    Materialization context, TState state, Func<TState, Task<Option<(TState, T)>>> unfold) : SourceLogic<T>(context)
{
    TState _state = state;

    internal override void OnPull(Out port)
    {
        var next = unfold(_state);
        if (next.IsCompleted) Take(next);
        else TaskSignal<Option<(TState, T)>>.Await(this, next, Take);
    }

    void Take(Task<Option<(TState, T)>> done)
    {
        if (!done.IsCompletedSuccessfully)
        {
            FailStage(Outcome.FailureOf(done));
        }
        else if (done.GetAwaiter().GetResult() is { HasValue: true } next)
        {
            (_state, var element) = next.Value;
            Out.Push(element);
        }
        else
        {
            CompleteStage();
        }
    }
}

internal sealed class TaskSource<T>(Materialization context, Task<T> task) : SourceLogic<T>(context)
{
    internal override void OnPull(Out port)
    {
        if (task.IsCompleted) Take(task);
        else TaskSignal<T>.Await(this, task, Take);
    }

    void Take(Task<T> done)
    {
        if (done.IsCompletedSuccessfully)
        {
            Out.Push(done.GetAwaiter().GetResult());
            CompleteStage();
        }
        else
        {
            FailStage(Outcome.CauseOf(done));
        }
    }
}

/// <summary>One element, or none, once its promise is kept; cancelled, it keeps the promise itself.</summary>
internal sealed class MaybeSource<T>(Materialization context, TaskCompletionSource<T> promise) : SourceLogic<T>(context)
{
    bool _pulled;

    internal override void PreStart() => TaskSignal<T>.Await(this, promise.Task, _ => Take());

    internal override void OnPull(Out port)
    {
        _pulled = true;
        if (promise.Task.IsCompleted) Take();
    }

    void Take()
    {
        if (!promise.Task.IsCompletedSuccessfully) FailStage(Outcome.FailureOf(promise.Task));
        else if (promise.Task.GetAwaiter().GetResult() is not { } element) CompleteStage();
        else if (_pulled)
        {
            Out.Push(element);
            CompleteStage();
        }
    }

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        promise.TrySetResult(default!);
        CancelStage(cause);
    }

    internal override void PostStop() => promise.TrySetException(new AbruptStageTerminationException(this));
}

/// <summary>A tick that comes while there is no demand is gone.</summary>
internal sealed class TickSource<T>(Materialization context, TimeSpan initialDelay, TimeSpan interval, T tick)
    : SourceLogic<T>(context), ICancelable
{
    volatile bool _cancelled;

    internal override void PreStart() => Timer(() =>
    {
        if (Out.IsAvailable) Out.Push(tick);
    }).Repeat(initialDelay, interval);

    internal override void OnPull(Out port) { }

    public void Cancel()
    {
        _cancelled = true;
        Post(CompleteStage);
    }

    public bool IsCancellationRequested => _cancelled;

    public CancellationToken Token => new(_cancelled);
}
