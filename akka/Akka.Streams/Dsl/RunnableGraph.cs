using Akka.Actor;
using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

public interface IRunnableGraph<out TMat> : IGraph<ClosedShape, TMat>
{
    IRunnableGraph<TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> func);

    TMat Run(IMaterializer materializer);
}

public sealed class RunnableGraph<TMat> : IRunnableGraph<TMat>
{
    readonly Build<TMat> _build;

    internal RunnableGraph(Build<TMat> build) => _build = build;

    public ClosedShape Shape => ClosedShape.Instance;

    public IRunnableGraph<TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> func) => new RunnableGraph<TMat2>(_build.Mapped(func));

    public TMat Run(IMaterializer materializer) => materializer.Materialize(this);

    public TMat Run(ActorSystem actorSystem) => Run(actorSystem.Materializer());

    TMat IGraph<ClosedShape, TMat>.Build(Materialization context, Ports ports) => _build(context, ports);
}

public static class RunnableGraph
{
    public static RunnableGraph<TMat> FromGraph<TMat>(IGraph<ClosedShape, TMat> g) =>
        g as RunnableGraph<TMat> ?? new RunnableGraph<TMat>(g.Build);
}
