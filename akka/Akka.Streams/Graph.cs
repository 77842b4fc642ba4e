using Akka.Streams.Implementation;

namespace Akka.Streams;

/// <summary>A blueprint: nothing runs before it is materialized, and it may be materialized any number of times.</summary>
public interface IGraph<out TShape> where TShape : Shape
{
    TShape Shape { get; }
}

public interface IGraph<out TShape, out TMaterialized> : IGraph<TShape> where TShape : Shape
{
    internal TMaterialized Build(Materialization context, Ports ports);
}
