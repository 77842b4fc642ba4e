namespace Akka.Streams.Implementation;

/// <summary>A graph with whatever shape: a stage given as a graph, or what GraphDsl made.</summary>
internal sealed class Graph<TShape, TMat>(TShape shape, Build<TMat> build) : IGraph<TShape, TMat> where TShape : Shape
{
    public TShape Shape => shape;

    TMat IGraph<TShape, TMat>.Build(Materialization context, Ports ports) => build(context, ports);
}

/// <summary>A stage that GraphDsl connects.</summary>
public abstract class Junction<TShape> : IGraph<TShape, NotUsed> where TShape : Shape
{
    readonly Build<NotUsed> _build;

    private protected Junction(TShape shape, Build<NotUsed> build) => (Shape, _build) = (shape, build);

    public TShape Shape { get; }

    NotUsed IGraph<TShape, NotUsed>.Build(Materialization context, Ports ports) => _build(context, ports);
}
