namespace Akka.Streams.Implementation;

/// <summary>Makes a graph's stages run in an island, says which ports are open, and gives the materialized value.</summary>
internal delegate TMat Build<out TMat>(Materialization context, Ports ports);

/// <summary>The open ports of a graph that is being materialized, in the order of its shape.</summary>
internal sealed class Ports
{
    internal readonly List<In> Ins = new(1);
    internal readonly List<Out> Outs = new(1);
}

/// <summary>Where a graph is materialized, and what has been said about it from outside.</summary>
internal sealed class Materialization(Island island, ActorMaterializer materializer, Attributes attributes)
{
    internal Island Island => island;

    internal ActorMaterializer Materializer => materializer;

    internal Attributes Attributes => attributes;

    internal Materialization With(Attributes inner) =>
        ReferenceEquals(inner, Attributes.None) ? this : new Materialization(island, materializer, attributes.And(inner));
}

/// <summary>Blueprints of single stages, and of graphs made of two.</summary>
internal static class Blueprint
{
    internal static Build<NotUsed> Source<TOut>(Func<Materialization, SourceLogic<TOut>> create) => (context, ports) =>
    {
        Add(create(context), ports);
        return NotUsed.Instance;
    };

    internal static Build<TMat> Source<TOut, TMat>(Func<Materialization, (SourceLogic<TOut>, TMat)> create) => (context, ports) =>
    {
        var (logic, materialized) = create(context);
        Add(logic, ports);
        return materialized;
    };

    internal static Build<NotUsed> Flow<TIn, TOut>(Func<Materialization, FlowLogic<TIn, TOut>> create) => (context, ports) =>
    {
        Add(create(context), ports);
        return NotUsed.Instance;
    };

    internal static Build<TMat> Flow<TIn, TOut, TMat>(Func<Materialization, (FlowLogic<TIn, TOut>, TMat)> create) => (context, ports) =>
    {
        var (logic, materialized) = create(context);
        Add(logic, ports);
        return materialized;
    };

    internal static Build<TMat> Sink<TIn, TMat>(Func<Materialization, (SinkLogic<TIn>, TMat)> create) => (context, ports) =>
    {
        var (logic, materialized) = create(context);
        context.Island.Add(logic);
        ports.Ins.Add(logic.Inlet);
        return materialized;
    };

    /// <summary>The first graph's only output leads to the second's only input; what else is open stays open.</summary>
    internal static Build<TMat> Join<TMat1, TMat2, TMat>(Build<TMat1> first, Build<TMat2> second, Func<TMat1, TMat2, TMat> combine) =>
        (context, ports) =>
        {
            var (left, right) = (new Ports(), new Ports());
            var value1 = first(context, left);
            var value2 = second(context, right);
            left.Outs[0].Connect(right.Ins[0]);
            ports.Ins.AddRange(left.Ins);
            ports.Outs.AddRange(right.Outs);
            return combine(value1, value2);
        };

    internal static Build<TMat2> Mapped<TMat, TMat2>(this Build<TMat> graph, Func<TMat, TMat2> map) =>
        (context, ports) => map(graph(context, ports));

    static void Add<TOut>(SourceLogic<TOut> logic, Ports ports)
    {
        logic.Island.Add(logic);
        ports.Outs.Add(logic.Outlet);
    }

    static void Add<TIn, TOut>(FlowLogic<TIn, TOut> logic, Ports ports)
    {
        logic.Island.Add(logic);
        ports.Ins.Add(logic.Inlet);
        ports.Outs.Add(logic.Outlet);
    }
}
