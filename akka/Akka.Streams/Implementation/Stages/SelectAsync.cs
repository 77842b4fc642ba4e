using Akka.Streams.Supervision;

namespace Akka.Streams.Implementation.Stages;

/// <summary>At most so many tasks at a time; results in the order of the elements, so the oldest task holds the others back.</summary>
internal sealed class SelectAsync<TIn, TOut>(Materialization context, int parallelism, Func<TIn, Task<TOut>> map)
    : FlowLogic<TIn, TOut>(context)
{
    readonly Queue<Task<TOut>> _inFlight = new(Math.Min(parallelism, 1024));
    readonly Decider _decider = context.Attributes.Decider;

    internal override void OnPush(In port)
    {
        var element = In.Grab();
        Task<TOut>? task = null;
        try
        {
            task = map(element);
        }
        catch (Exception e)
        {
            if (Stops(e)) return;
        }
        if (task is not null)
        {
            _inFlight.Enqueue(task);
            if (task.IsCompleted) Completed(task);
            else Await(task);
        }
        PullMore();
    }

    void Await(Task<TOut> task) => TaskSignal<TOut>.Await(this, task, Completed);

    /// <summary>A failure is heard at once, though older tasks still run; a result waits for its turn.</summary>
    void Completed(Task<TOut> task)
    {
        if (FailureOf(task) is { } failure && Stops(failure)) return;
        if (Out.IsAvailable) PushNext();
    }

    internal override void OnPull(Out port) => PushNext();

    internal override void OnUpstreamFinish(In port)
    {
        if (_inFlight.Count == 0) CompleteStage();
    }

    void PushNext()
    {
        while (_inFlight.TryPeek(out var oldest) && oldest.IsCompleted)
        {
            _ = _inFlight.Dequeue();
            if (FailureOf(oldest) is { } failure)
            {
                if (Stops(failure)) return;
                continue;
            }
            Out.Push(oldest.GetAwaiter().GetResult());
            PullMore();
            return;
        }
        if (_inFlight.Count == 0 && In.IsClosed) CompleteStage();
        else PullMore();
    }

    void PullMore()
    {
        if (_inFlight.Count < parallelism) In.TryPull();
    }

    bool Stops(Exception cause)
    {
        if (_decider(cause) != Directive.Stop) return false;
        FailStage(cause);
        return true;
    }

    internal static Exception? FailureOf(Task<TOut> task) =>
        !task.IsCompletedSuccessfully ? Outcome.FailureOf(task)
        : task.GetAwaiter().GetResult() is null ? new ArgumentNullException(nameof(task), "Element must not be null, rule 2.13")
        : null;
}

/// <summary>At most so many tasks at a time; results as they come.</summary>
internal sealed class SelectAsyncUnordered<TIn, TOut>(Materialization context, int parallelism, Func<TIn, Task<TOut>> map)
    : FlowLogic<TIn, TOut>(context)
{
    readonly Queue<TOut> _ready = new();
    readonly Decider _decider = context.Attributes.Decider;
    int _inFlight;

    internal override void OnPush(In port)
    {
        try
        {
            var task = map(In.Grab());
            _inFlight++;
            if (task.IsCompleted) Completed(task);
            else Await(task);
        }
        catch (Exception e)
        {
            if (_decider(e) == Directive.Stop) FailStage(e);
        }
        PullMore();
    }

    void Await(Task<TOut> task) => TaskSignal<TOut>.Await(this, task, Completed);

    void Completed(Task<TOut> task)
    {
        _inFlight--;
        if (SelectAsync<TIn, TOut>.FailureOf(task) is { } failure)
        {
            if (_decider(failure) == Directive.Stop) FailStage(failure);
            else if (In.IsClosed && Todo == 0) CompleteStage();
            else PullMore();
        }
        else if (Out.IsAvailable)
        {
            Out.Push(task.GetAwaiter().GetResult());
            PullMore();
        }
        else
        {
            _ready.Enqueue(task.GetAwaiter().GetResult());
        }
    }

    internal override void OnPull(Out port)
    {
        if (_ready.TryDequeue(out var element)) Out.Push(element);
        else if (In.IsClosed && Todo == 0) CompleteStage();
        PullMore();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (Todo == 0) CompleteStage();
    }

    int Todo => _inFlight + _ready.Count;

    void PullMore()
    {
        if (Todo < parallelism) In.TryPull();
    }
}

/// <summary>A task of a stage that runs elsewhere, and comes into the island when it has ended.</summary>
internal sealed class TaskSignal<T>(Logic target, Task<T> task, Action<Task<T>> handle) : Signal(target)
{
    internal static void Await(Logic target, Task<T> task, Action<Task<T>> handle) => _ = task.ContinueWith(
        static (_, signal) => ((TaskSignal<T>)signal!).Send(), new TaskSignal<T>(target, task, handle),
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    void Send() => Target.Island.Post(this);

    internal override void Run() => handle(task);
}
