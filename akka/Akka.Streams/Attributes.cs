using Akka.Streams.Supervision;

namespace Akka.Streams;

/// <summary>What is said about a graph from outside. What stands nearer to a stage counts more: it comes later in the list.</summary>
public sealed class Attributes
{
    public interface IAttribute;

    public interface IMandatoryAttribute : IAttribute;

    public sealed class Name(string value) : IAttribute
    {
        public readonly string Value = value;
    }

    public sealed class InputBuffer(int initial, int max) : IMandatoryAttribute
    {
        public readonly int Initial = initial;
        public readonly int Max = max;
    }

    public static readonly Attributes None = new();

    readonly IAttribute[] _attributes;

    public Attributes(params IAttribute[] attributes) => _attributes = attributes;

    public IEnumerable<IAttribute> AttributeList => _attributes;

    public static Attributes CreateName(string name) => string.IsNullOrEmpty(name) ? None : new Attributes(new Name(name));

    public static Attributes CreateInputBuffer(int initial, int max) => new(new InputBuffer(initial, max));

    public Attributes And(Attributes other) =>
        _attributes.Length == 0 ? other : other._attributes.Length == 0 ? this : new Attributes([.. _attributes, .. other._attributes]);

    public Attributes And(IAttribute other) => new([.. _attributes, other]);

    public TAttr? GetAttribute<TAttr>() where TAttr : class, IAttribute => Array.FindLast(_attributes, a => a is TAttr) as TAttr;

    public TAttr GetAttribute<TAttr>(TAttr defaultIfNotFound) where TAttr : class, IAttribute => GetAttribute<TAttr>() ?? defaultIfNotFound;

    public string GetNameOrDefault(string defaultIfNotFound = "unknown-operation") => GetAttribute<Name>()?.Value ?? defaultIfNotFound;

    internal Decider Decider => GetAttribute<ActorAttributes.SupervisionStrategy>()?.Decider ?? Deciders.StoppingDecider;
}

public static class ActorAttributes
{
    public sealed class SupervisionStrategy(Decider decider) : Attributes.IMandatoryAttribute
    {
        public readonly Decider Decider = decider;
    }

    public static Attributes CreateSupervisionStrategy(Decider strategy) => new(new SupervisionStrategy(strategy));
}
