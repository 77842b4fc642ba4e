using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

/// <summary>What has one open input and one open output.</summary>
public sealed class Flow<TIn, TOut, TMat> : IGraph<FlowShape<TIn, TOut>, TMat>
{
    readonly Build<TMat>? _build;
    readonly Attributes _attributes;

    /// <summary>Without <paramref name="build"/> it passes on what it gets, and costs nothing once something follows.</summary>
    internal Flow(Build<TMat>? build, Attributes? attributes = null) => (_build, _attributes) = (build, attributes ?? Attributes.None);

    public FlowShape<TIn, TOut> Shape { get; } = new(new Inlet<TIn>("Flow.in"), new Outlet<TOut>("Flow.out"));

    public Flow<TIn, TOut2, TMat> Via<TOut2, TMat2>(IGraph<FlowShape<TOut, TOut2>, TMat2> flow) => ViaMaterialized(flow, Keep.Left);

    public Flow<TIn, TOut2, TMat3> ViaMaterialized<TOut2, TMat2, TMat3>(
        IGraph<FlowShape<TOut, TOut2>, TMat2> flow, Func<TMat, TMat2, TMat3> combine) => new(Then(flow.Build, combine));

    public Sink<TIn, TMat> To<TMat2>(IGraph<SinkShape<TOut>, TMat2> sink) => ToMaterialized(sink, Keep.Left);

    public Sink<TIn, TMat3> ToMaterialized<TMat2, TMat3>(IGraph<SinkShape<TOut>, TMat2> sink, Func<TMat, TMat2, TMat3> combine) =>
        new(Then(sink.Build, combine));

    public Flow<TIn, TOut, TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> mapFunc) =>
        new(((Build<TMat>)Whole).Mapped(mapFunc), _attributes);

    public (TMat1, TMat2) RunWith<TMat1, TMat2>(
        IGraph<SourceShape<TIn>, TMat1> source, IGraph<SinkShape<TOut>, TMat2> sink, IMaterializer materializer) =>
        Source.FromGraph(source).Via(this).ToMaterialized(sink, Keep.Both).Run(materializer);

    public Flow<TIn, TOut, TMat> WithAttributes(Attributes attributes) => new(_build, attributes);

    public Flow<TIn, TOut, TMat> AddAttributes(Attributes attributes) => WithAttributes(_attributes.And(attributes));

    public Flow<TIn, TOut, TMat> Named(string name) => AddAttributes(Attributes.CreateName(name));

    public Flow<TIn, TOut, TMat> Async() => this;

    internal Flow<TIn, TOut2, TMat> Then<TOut2>(Func<Materialization, FlowLogic<TOut, TOut2>> stage) =>
        new(Then<NotUsed, TMat>(Blueprint.Flow(stage), Keep.Left));

    Build<TMat3> Then<TMat2, TMat3>(Build<TMat2> next, Func<TMat, TMat2, TMat3> combine) =>
        _build is null && _attributes == Attributes.None ? next.Mapped(right => combine(default!, right))
            : Blueprint.Join(Whole, next, combine);

    TMat Whole(Materialization context, Ports ports)
    {
        if (_build is not null) return _build(context.With(_attributes), ports);
        Blueprint.Flow(c => new Implementation.Stages.Identity<TIn>(c))(context, ports);
        return default!;
    }

    TMat IGraph<FlowShape<TIn, TOut>, TMat>.Build(Materialization context, Ports ports) => Whole(context, ports);
}

public static class Flow
{
    public static Flow<T, T, NotUsed> Create<T>() => new(null);

    public static Flow<TIn, TOut, TMat> FromGraph<TIn, TOut, TMat>(IGraph<FlowShape<TIn, TOut>, TMat> graph) =>
        graph as Flow<TIn, TOut, TMat> ?? new Flow<TIn, TOut, TMat>(graph.Build);
}
