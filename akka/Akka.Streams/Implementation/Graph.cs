namespace Akka.Streams.Implementation;

/// <summary>A graph with whatever shape: a stage given as a graph, or what GraphDsl made.</summary>
internal sealed class Graph<TShape, TMat>(TShape shape, Build<TMat> build, Attributes? attributes = null) : IGraph<TShape, TMat>
    where TShape : Shape
{
    readonly Attributes _attributes = attributes ?? Attributes.None;

    public TShape Shape => shape;

    public IGraph<TShape, TMat> WithAttributes(Attributes attributes) => new Graph<TShape, TMat>(shape, build, attributes);

    public IGraph<TShape, TMat> AddAttributes(Attributes attributes) => WithAttributes(_attributes.And(attributes));

    public IGraph<TShape, TMat> Named(string name) => AddAttributes(Attributes.CreateName(name));

    public IGraph<TShape, TMat> Async() => this;

    TMat IGraph<TShape, TMat>.Build(Materialization context, Ports ports) => build(context.With(_attributes), ports);
}
