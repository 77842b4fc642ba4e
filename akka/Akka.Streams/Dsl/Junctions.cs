using Akka.Streams.Implementation;
using Akka.Streams.Implementation.Stages;

namespace Akka.Streams.Dsl;

/// <summary>Gives each element to all outputs; the slowest holds the others. It cancels with its last output; eager, with its first.</summary>
public sealed class Broadcast<T> : Junction<UniformFanOutShape<T, T>>
{
    public readonly Inlet<T> In;

    public Broadcast(int outputPorts, bool eagerCancel = false)
        : base(new UniformFanOutShape<T, T>(outputPorts, "Broadcast"), Fan.Out(c => new BroadcastLogic<T>(c, outputPorts, eagerCancel))) =>
        In = Shape.In;

    public Outlet<T> Out(int id) => Shape.Out(id);
}

/// <summary>Takes elements of all inputs as they come. It completes with its last input, or with its first if eager.</summary>
public sealed class Merge<T>(int inputPorts, bool eagerComplete = false) : Junction<UniformFanInShape<T, T>>(
    new UniformFanInShape<T, T>(inputPorts, "Merge"), Fan.In(context => new MergeLogic<T>(context, inputPorts, eagerComplete)))
{
    public Outlet<T> Out => Shape.Out;

    public Inlet<T> In(int id) => Shape.In(id);
}

/// <summary>Takes all elements of its first input, then those of the next.</summary>
internal sealed class Concat<T>(int inputPorts = 2) : Junction<UniformFanInShape<T, T>>(
    new UniformFanInShape<T, T>(inputPorts, "Concat"), Fan.In(context => new ConcatLogic<T>(context, inputPorts)));

file static class Fan
{
    internal static Build<NotUsed> Out<T>(Func<Materialization, BroadcastLogic<T>> create) => (context, ports) =>
    {
        var logic = create(context);
        context.Island.Add(logic);
        ports.Ins.Add(logic.In);
        ports.Outs.AddRange(logic.Outs);
        return NotUsed.Instance;
    };

    internal static Build<NotUsed> In<T>(Func<Materialization, FanInLogic<T>> create) => (context, ports) =>
    {
        var logic = create(context);
        context.Island.Add(logic);
        ports.Ins.AddRange(logic.Ins);
        ports.Outs.Add(logic.Out);
        return NotUsed.Instance;
    };
}
