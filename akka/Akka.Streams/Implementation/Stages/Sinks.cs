using System.Collections.Immutable;

namespace Akka.Streams.Implementation.Stages;

/// <summary>A sink whose materialized value is a task of what became of it.</summary>
internal abstract class TaskSink<TIn, TResult>(Materialization context) : SinkLogic<TIn>(context)
{
    readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<TResult> Result => _result.Task;

    protected void Succeed(TResult result) => _result.TrySetResult(result);

    protected void Fail(Exception cause)
    {
        _result.TrySetException(cause);
        FailStage(cause);
    }

    internal override void PreStart() => In.Pull();

    internal override void OnUpstreamFailure(In port, Exception cause) => Fail(cause);

    internal override void PostStop() => _result.TrySetException(new AbruptStageTerminationException(this));
}

internal sealed class IgnoreSink<TIn>(Materialization context) : TaskSink<TIn, Done>(context)
{
    internal override void OnPush(In port)
    {
        In.Grab();
        In.Pull();
    }

    internal override void OnUpstreamFinish(In port) => Succeed(Done.Instance);
}

internal sealed class FirstSink<TIn>(Materialization context, bool mayBeEmpty) : TaskSink<TIn, TIn>(context)
{
    internal override void OnPush(In port)
    {
        Succeed(In.Grab());
        CompleteStage();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (mayBeEmpty) Succeed(default!);
        else Fail(new NoSuchElementException("First of empty stream"));
    }
}

internal sealed class LastSink<TIn>(Materialization context, bool mayBeEmpty) : TaskSink<TIn, TIn>(context)
{
    TIn? _last;
    bool _any;

    internal override void OnPush(In port)
    {
        _last = In.Grab();
        _any = true;
        In.Pull();
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (_any || mayBeEmpty) Succeed(_last!);
        else Fail(new NoSuchElementException("Last of empty stream"));
    }
}

internal sealed class SeqSink<TIn>(Materialization context) : TaskSink<TIn, IImmutableList<TIn>>(context)
{
    readonly ImmutableArray<TIn>.Builder _elements = ImmutableArray.CreateBuilder<TIn>();

    internal override void OnPush(In port)
    {
        _elements.Add(In.Grab());
        In.Pull();
    }

    internal override void OnUpstreamFinish(In port) => Succeed(_elements.DrainToImmutable());
}

internal sealed class CancelledSink<TIn>(Materialization context) : SinkLogic<TIn>(context)
{
    internal override void PreStart() => In.Cancel();
}
