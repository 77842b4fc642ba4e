namespace Akka;

/// <summary>The materialized value of a graph that has none worth keeping.</summary>
public sealed class NotUsed : IEquatable<NotUsed>
{
    public static readonly NotUsed Instance = new();

    NotUsed()
    {
    }

    public bool Equals(NotUsed? other) => other is not null;

    public override bool Equals(object? obj) => obj is NotUsed;

    public override int GetHashCode() => 0;

    public override string ToString() => "NotUsed";
}
