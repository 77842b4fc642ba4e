using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

/// <summary>Graphs that are more than a chain: what is added is connected port by port; what stays open is the new shape.</summary>
public static class GraphDsl
{
    public static IGraph<TShape, NotUsed> Create<TShape>(Func<Builder<NotUsed>, TShape> buildBlock) where TShape : Shape
    {
        var builder = new Builder<NotUsed>();
        var shape = buildBlock(builder);
        return builder.Finish(shape, _ => NotUsed.Instance);
    }

    public static IGraph<TShape, TMat> Create<TShape, TMat, TShape1>(
        IGraph<TShape1, TMat> graph, Func<Builder<TMat>, TShape1, TShape> buildBlock) where TShape : Shape where TShape1 : Shape
    {
        var builder = new Builder<TMat>();
        var first = builder.Add(graph);
        var shape = buildBlock(builder, first);
        return builder.Finish(shape, values => (TMat)values[0]!);
    }

    public static IGraph<TShape, TMat> Create<TShape, TMat, TMat0, TMat1, TShape0, TShape1>(
        IGraph<TShape0, TMat0> g0, IGraph<TShape1, TMat1> g1, Func<TMat0, TMat1, TMat> combineMaterializers,
        Func<Builder<TMat>, TShape0, TShape1, TShape> buildBlock)
        where TShape : Shape where TShape0 : Shape where TShape1 : Shape
    {
        var builder = new Builder<TMat>();
        var (first, second) = (builder.Add(g0), builder.Add(g1));
        var shape = buildBlock(builder, first, second);
        return builder.Finish(shape, values => combineMaterializers((TMat0)values[0]!, (TMat1)values[1]!));
    }

    public sealed class Builder<T>
    {
        readonly List<(Shape Shape, Func<Materialization, Ports, object?> Build)> _graphs = [];
        readonly List<(Outlet From, Inlet To)> _edges = [];

        internal Builder() { }

        public TArg Add<TArg, TMat2>(IGraph<TArg, TMat2> graph) where TArg : Shape
        {
            var shape = (TArg)graph.Shape.DeepCopy();
            _graphs.Add((shape, (context, ports) => graph.Build(context, ports)));
            return shape;
        }

        public ForwardOps<TOut, T> From<TOut>(Outlet<TOut> outlet) => new(this, outlet);

        public ForwardOps<TOut, T> From<TOut>(SourceShape<TOut> source) => From(source.Outlet);

        internal void Connect(Outlet from, Inlet to)
        {
            if (_edges.Exists(edge => edge.From == from)) throw new ArgumentException($"The output port [{from}] is already connected");
            if (_edges.Exists(edge => edge.To == to)) throw new ArgumentException($"The input port [{to}] is already connected");
            _edges.Add((from, to));
        }

        internal IGraph<TShape, T> Finish<TShape>(TShape shape, Func<List<object?>, T> materialized) where TShape : Shape
        {
            var loose = _graphs.SelectMany(graph => graph.Shape.Inlets).Except(_edges.Select(edge => edge.To)).Except(shape.Inlets)
                .Select(p => p.Name)
                .Concat(_graphs.SelectMany(graph => graph.Shape.Outlets).Except(_edges.Select(edge => edge.From)).Except(shape.Outlets)
                    .Select(p => p.Name))
                .ToArray();
            if (loose.Length > 0)
            {
                throw new InvalidOperationException($"The ports [{string.Join(", ", loose)}] are neither connected nor part of the shape");
            }
            return new Graph<TShape, T>(shape, (context, ports) =>
            {
                var ins = new Dictionary<Inlet, In>();
                var outs = new Dictionary<Outlet, Out>();
                var values = new List<object?>();
                foreach (var (inner, build) in _graphs)
                {
                    var made = new Ports();
                    values.Add(build(context, made));
                    for (var i = 0; i < made.Ins.Count; i++) ins[inner.Inlets[i]] = made.Ins[i];
                    for (var i = 0; i < made.Outs.Count; i++) outs[inner.Outlets[i]] = made.Outs[i];
                }
                foreach (var (from, to) in _edges) outs[from].Connect(ins[to]);
                ports.Ins.AddRange(shape.Inlets.Select(inlet => ins[inlet]));
                ports.Outs.AddRange(shape.Outlets.Select(outlet => outs[outlet]));
                return materialized(values);
            });
        }
    }

    /// <summary>An output that waits for where it leads.</summary>
    public sealed class ForwardOps<TOut, T>
    {
        internal readonly Builder<T> Builder;

        public ForwardOps(Builder<T> builder, Outlet<TOut> outlet) => (Builder, Out) = (builder, outlet);

        public Outlet<TOut> Out { get; }
    }
}

public static class ForwardOps
{
    public static GraphDsl.Builder<TMat> To<TIn, TOut, TMat>(this GraphDsl.ForwardOps<TOut, TMat> ops, Inlet<TIn> inlet) where TIn : TOut
    {
        ops.Builder.Connect(ops.Out, inlet);
        return ops.Builder;
    }

    public static GraphDsl.Builder<TMat> To<TIn, TOut, TMat>(
        this GraphDsl.ForwardOps<TOut, TMat> ops, SinkShape<TIn> sink) where TIn : TOut => ops.To(sink.Inlet);

    public static GraphDsl.ForwardOps<TOut2, TMat> Via<TIn, TOut1, TOut2, TMat>(
        this GraphDsl.ForwardOps<TOut1, TMat> ops, FlowShape<TIn, TOut2> flow) where TIn : TOut1 => ops.To(flow.Inlet).From(flow.Outlet);

    public static GraphDsl.ForwardOps<TOut2, TMat> Via<TIn, TOut1, TOut2, TMat>(
        this GraphDsl.ForwardOps<TOut1, TMat> ops, IGraph<FlowShape<TIn, TOut2>, NotUsed> flow) where TIn : TOut1 =>
        ops.Via(ops.Builder.Add(flow));
}
