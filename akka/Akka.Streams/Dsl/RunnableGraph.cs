using Akka.Actor;
using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

public interface IRunnableGraph<out TMat> : IGraph<ClosedShape, TMat>
{
    IRunnableGraph<TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> func);

    TMat Run(IMaterializer materializer);

    TMat Run(ActorSystem actorSystem);

    new IRunnableGraph<TMat> WithAttributes(Attributes attributes);

    new IRunnableGraph<TMat> AddAttributes(Attributes attributes);

    new IRunnableGraph<TMat> Named(string name);
}

public sealed class RunnableGraph<TMat> : IRunnableGraph<TMat>
{
    readonly Build<TMat> _build;
    readonly Attributes _attributes;

    internal RunnableGraph(Build<TMat> build, Attributes? attributes = null) =>
        (_build, _attributes) = (build, attributes ?? Attributes.None);

    public ClosedShape Shape => ClosedShape.Instance;

    public IRunnableGraph<TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> func) =>
        new RunnableGraph<TMat2>(_build.Mapped(func), _attributes);

    public TMat Run(IMaterializer materializer) => materializer.Materialize(this);

    public TMat Run(ActorSystem actorSystem) => Run(actorSystem.Materializer());

    public IRunnableGraph<TMat> WithAttributes(Attributes attributes) => new RunnableGraph<TMat>(_build, attributes);

    public IRunnableGraph<TMat> AddAttributes(Attributes attributes) => WithAttributes(_attributes.And(attributes));

    public IRunnableGraph<TMat> Named(string name) => AddAttributes(Attributes.CreateName(name));

    public IRunnableGraph<TMat> Async() => this;

    IGraph<ClosedShape, TMat> IGraph<ClosedShape, TMat>.WithAttributes(Attributes attributes) => WithAttributes(attributes);

    IGraph<ClosedShape, TMat> IGraph<ClosedShape, TMat>.AddAttributes(Attributes attributes) => AddAttributes(attributes);

    IGraph<ClosedShape, TMat> IGraph<ClosedShape, TMat>.Named(string name) => Named(name);

    IGraph<ClosedShape, TMat> IGraph<ClosedShape, TMat>.Async() => this;

    TMat IGraph<ClosedShape, TMat>.Build(Materialization context, Ports ports) => _build(context.With(_attributes), ports);
}

public static class RunnableGraph
{
    public static RunnableGraph<TMat> FromGraph<TMat>(IGraph<ClosedShape, TMat> g) =>
        g as RunnableGraph<TMat> ?? new RunnableGraph<TMat>(g.Build);
}
