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

/// <summary>A stage that GraphDsl connects.</summary>
public abstract class Junction<TShape> : IGraph<TShape, NotUsed> where TShape : Shape
{
    readonly Build<NotUsed> _build;

    private protected Junction(TShape shape, Build<NotUsed> build) => (Shape, _build) = (shape, build);

    public TShape Shape { get; }

    public IGraph<TShape, NotUsed> WithAttributes(Attributes attributes) => new Graph<TShape, NotUsed>(Shape, _build, attributes);

    public IGraph<TShape, NotUsed> AddAttributes(Attributes attributes) => WithAttributes(attributes);

    public IGraph<TShape, NotUsed> Named(string name) => WithAttributes(Attributes.CreateName(name));

    public IGraph<TShape, NotUsed> Async() => this;

    NotUsed IGraph<TShape, NotUsed>.Build(Materialization context, Ports ports) => _build(context, ports);
}
