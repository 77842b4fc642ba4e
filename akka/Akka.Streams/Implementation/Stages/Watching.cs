namespace Akka.Streams.Implementation.Stages;

internal sealed class TerminationWatcher<T>(Materialization context) : FlowLogic<T, T>(context)
{
    readonly TaskCompletionSource<Done> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<Done> Ended => _ended.Task;

    internal override void OnPush(In port) => Out.Push(In.Grab());

    internal override void OnUpstreamFinish(In port)
    {
        _ended.TrySetResult(Done.Instance);
        CompleteStage();
    }

    internal override void OnUpstreamFailure(In port, Exception cause)
    {
        _ended.TrySetException(cause);
        FailStage(cause);
    }

    internal override void OnDownstreamFinish(Out port, Exception cause)
    {
        if (cause is SubscriptionWithCancelException.NonFailureCancellation) _ended.TrySetResult(Done.Instance);
        else _ended.TrySetException(cause);
        CancelStage(cause);
    }

    internal override void PostStop() => _ended.TrySetException(new AbruptStageTerminationException(this));
}

/// <summary>Passes on what it gets until its switch is thrown.</summary>
internal sealed class KillSwitchStage<T>(Materialization context, Task<NotUsed> thrown) : FlowLogic<T, T>(context)
{
    internal override void PreStart()
    {
        if (thrown.IsCompleted) End();
        else TaskSignal<NotUsed>.Await(this, thrown, _ => End());
    }

    internal override void OnPush(In port) => Out.Push(In.Grab());

    void End()
    {
        if (thrown.IsFaulted) FailStage(thrown.Exception!);
        else CompleteStage();
    }
}

internal enum TimeoutOf
{
    FirstElement,
    NextElement,
    Completion,
}

/// <summary>Fails the stream where nothing came in time.</summary>
internal sealed class Timeout<T>(Materialization context, TimeoutOf what, TimeSpan timeout) : FlowLogic<T, T>(context)
{
    StageTimer _timer = null!;

    internal override void PreStart()
    {
        _timer = Timer(() => FailStage(new TimeoutException(what switch
        {
            TimeoutOf.FirstElement => $"The first element has not yet passed through in {timeout}.",
            TimeoutOf.NextElement => $"No elements passed in the last {timeout}.",
            _ => $"The stream has not been completed in {timeout}.",
        })));
        _timer.Once(timeout);
    }

    internal override void OnPush(In port)
    {
        if (what == TimeoutOf.FirstElement) _timer.Cancel();
        else if (what == TimeoutOf.NextElement) _timer.Once(timeout);
        Out.Push(In.Grab());
    }
}
