using Akka.Streams.Supervision;
using Akka.Util;

namespace Akka.Streams.Implementation.Stages;

/// <summary>
/// A resource that is opened when the stream starts, read once for each demand, and closed however the stream ends. As in Akka.NET, one that takes
/// so long to open that the stream has ended meanwhile is not closed: what may take long belongs into the first read.
/// </summary>
internal sealed class UnfoldResourceAsync<TResource, T>(
    Materialization context, Func<Task<TResource>> create, Func<TResource, Task<Option<T>>> read, Func<TResource, Task<Done>> close)
    : SourceLogic<T>(context)
{
    TResource _resource = default!;
    bool _isOpen;

    internal override void PreStart() => Create();

    internal override void OnPull(Out port)
    {
        if (_isOpen) Read();
    }

    internal override void PostStop()
    {
        if (_isOpen) _ = close(_resource);
    }

    void Create() => After(create(), Opened);

    void Opened(Task<TResource> opening)
    {
        if (!opening.IsCompletedSuccessfully)
        {
            FailStage(Outcome.CauseOf(opening));
            return;
        }
        _resource = opening.GetAwaiter().GetResult();
        _isOpen = true;
        if (Out.IsAvailable) Read();
    }

    void Read()
    {
        Task<Option<T>> reading;
        try
        {
            reading = read(_resource);
        }
        catch (Exception e)
        {
            Failed(e);
            return;
        }
        After(reading, Taken);
    }

    void Taken(Task<Option<T>> reading)
    {
        if (!reading.IsCompletedSuccessfully) Failed(Outcome.CauseOf(reading));
        else if (reading.GetAwaiter().GetResult() is { HasValue: true } next) Out.Push(next.Value);
        else CloseAnd(CompleteStage);
    }

    void Failed(Exception cause)
    {
        switch (Decider(cause))
        {
            case Directive.Resume:
                Read();
                break;
            case Directive.Restart:
                CloseAnd(Create);
                break;
            default:
                FailStage(cause);
                break;
        }
    }

    void CloseAnd(Action next)
    {
        _isOpen = false;
        After(close(_resource), closing =>
        {
            if (closing.IsCompletedSuccessfully) next();
            else FailStage(Outcome.CauseOf(closing));
        });
    }

    void After<TResult>(Task<TResult> task, Action<Task<TResult>> then)
    {
        if (task.IsCompleted) then(task);
        else _ = task.ContinueWith(done => Post(() => then(done)), TaskContinuationOptions.ExecuteSynchronously);
    }
}
