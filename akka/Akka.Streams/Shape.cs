using System.Collections.Immutable;

namespace Akka.Streams;

public abstract class InPort;

public abstract class OutPort;

public abstract class Inlet(string name) : InPort
{
    public readonly string Name = name;

    public abstract Inlet CarbonCopy();

    public sealed override string ToString() => Name;
}

public sealed class Inlet<T>(string name) : Inlet(name)
{
    public override Inlet CarbonCopy() => new Inlet<T>(Name);
}

public abstract class Outlet(string name) : OutPort
{
    public readonly string Name = name;

    public abstract Outlet CarbonCopy();

    public sealed override string ToString() => Name;
}

public sealed class Outlet<T>(string name) : Outlet(name)
{
    public override Outlet CarbonCopy() => new Outlet<T>(Name);
}

/// <summary>The open ports of a graph. What stands twice in a graph has its own ports each time: <see cref="DeepCopy"/>.</summary>
public abstract class Shape
{
    public abstract ImmutableArray<Inlet> Inlets { get; }

    public abstract ImmutableArray<Outlet> Outlets { get; }

    public abstract Shape DeepCopy();
}

public sealed class ClosedShape : Shape
{
    public static readonly ClosedShape Instance = new();

    ClosedShape() { }

    public override ImmutableArray<Inlet> Inlets => [];

    public override ImmutableArray<Outlet> Outlets => [];

    public override Shape DeepCopy() => this;
}

public sealed class SourceShape<TOut>(Outlet<TOut> outlet) : Shape
{
    public readonly Outlet<TOut> Outlet = outlet;

    public override ImmutableArray<Inlet> Inlets => [];

    public override ImmutableArray<Outlet> Outlets => [Outlet];

    public override Shape DeepCopy() => new SourceShape<TOut>((Outlet<TOut>)Outlet.CarbonCopy());
}

public sealed class SinkShape<TIn>(Inlet<TIn> inlet) : Shape
{
    public readonly Inlet<TIn> Inlet = inlet;

    public override ImmutableArray<Inlet> Inlets => [Inlet];

    public override ImmutableArray<Outlet> Outlets => [];

    public override Shape DeepCopy() => new SinkShape<TIn>((Inlet<TIn>)Inlet.CarbonCopy());
}

public sealed class FlowShape<TIn, TOut>(Inlet<TIn> inlet, Outlet<TOut> outlet) : Shape
{
    public Inlet<TIn> Inlet { get; } = inlet;

    public Outlet<TOut> Outlet { get; } = outlet;

    public override ImmutableArray<Inlet> Inlets => [Inlet];

    public override ImmutableArray<Outlet> Outlets => [Outlet];

    public override Shape DeepCopy() => new FlowShape<TIn, TOut>((Inlet<TIn>)Inlet.CarbonCopy(), (Outlet<TOut>)Outlet.CarbonCopy());
}

public class UniformFanInShape<TIn, TOut>(Outlet<TOut> outlet, params Inlet<TIn>[] inlets) : Shape
{
    public readonly int N = inlets.Length;

    public UniformFanInShape(int n, string name)
        : this(new Outlet<TOut>(name + ".out"), Enumerable.Range(0, n).Select(i => new Inlet<TIn>($"{name}.in{i}")).ToArray()) { }

    public IImmutableList<Inlet<TIn>> Ins { get; } = [.. inlets];

    public Outlet<TOut> Out { get; } = outlet;

    public override ImmutableArray<Inlet> Inlets => [.. Ins];

    public override ImmutableArray<Outlet> Outlets => [Out];

    public Inlet<TIn> In(int n) => Ins[n];

    public override Shape DeepCopy() =>
        new UniformFanInShape<TIn, TOut>((Outlet<TOut>)Out.CarbonCopy(), Ins.Select(i => (Inlet<TIn>)i.CarbonCopy()).ToArray());
}

public class UniformFanOutShape<TIn, TOut>(Inlet<TIn> inlet, params Outlet<TOut>[] outlets) : Shape
{
    public UniformFanOutShape(int n, string name)
        : this(new Inlet<TIn>(name + ".in"), Enumerable.Range(0, n).Select(i => new Outlet<TOut>($"{name}.out{i}")).ToArray()) { }

    public Inlet<TIn> In { get; } = inlet;

    public IImmutableList<Outlet<TOut>> Outs { get; } = [.. outlets];

    public override ImmutableArray<Inlet> Inlets => [In];

    public override ImmutableArray<Outlet> Outlets => [.. Outs];

    public Outlet<TOut> Out(int n) => Outs[n];

    public override Shape DeepCopy() =>
        new UniformFanOutShape<TIn, TOut>((Inlet<TIn>)In.CarbonCopy(), Outs.Select(o => (Outlet<TOut>)o.CarbonCopy()).ToArray());
}
