using Akka.Streams.Dsl;
using Akka.Streams.Implementation.Stages;

namespace Akka.Streams.Implementation;

/// <summary>What several operators are made of.</summary>
internal static class FanIn
{
    /// <summary>A flow whose elements go in first, and those of the other source second.</summary>
    internal static Flow<T, T, TMat> With<T, TMat>(
        IGraph<SourceShape<T>, TMat> other, IGraph<UniformFanInShape<T, T>, NotUsed> join) => new((context, ports) =>
    {
        var (source, inner) = (new Ports(), new Ports());
        var materialized = other.Build(context, source);
        join.Build(context, inner);
        source.Outs[0].Connect(inner.Ins[1]);
        ports.Ins.Add(inner.Ins[0]);
        ports.Outs.Add(inner.Outs[0]);
        return materialized;
    });
}

internal static class FanOut
{
    internal static Flow<T, T, TMat> Also<T, TMat>(IGraph<SinkShape<T>, TMat> that, bool propagateFailure) => new((context, ports) =>
    {
        var sink = new Ports();
        var broadcast = new BroadcastLogic<T>(context, 2, propagateFailure);
        context.Island.Add(broadcast);
        var materialized = that.Build(context, sink);
        broadcast.Outs[1].Connect(sink.Ins[0]);
        ports.Ins.Add(broadcast.In);
        ports.Outs.Add(broadcast.Outs[0]);
        return materialized;
    });
}

internal static class Watch
{
    internal static Flow<T, T, Task<Done>> Termination<T>() => new(Blueprint.Flow(context =>
    {
        var watcher = new TerminationWatcher<T>(context);
        return ((FlowLogic<T, T>)watcher, watcher.Ended);
    }));
}

internal static class Limits
{
    internal static void Check(long maxWeight, int maxNumber, TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxWeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNumber);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
    }

    internal static void Check(int rate, TimeSpan per, int maximumBurst, ThrottleMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(per, TimeSpan.Zero);
        if (mode == ThrottleMode.Enforcing) ArgumentOutOfRangeException.ThrowIfNegative(maximumBurst);
        if (per.Ticks < rate) throw new ArgumentException("Rates larger than 1 unit / tick are not supported", nameof(rate));
    }
}
