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

    public static readonly Attributes None = new();

    readonly IAttribute[] _attributes;

    public Attributes(params IAttribute[] attributes) => _attributes = attributes;

    public static Attributes CreateName(string name) => string.IsNullOrEmpty(name) ? None : new Attributes(new Name(name));

    public Attributes And(Attributes other) =>
        _attributes.Length == 0 ? other : other._attributes.Length == 0 ? this : new Attributes([.. _attributes, .. other._attributes]);

    public TAttr? GetAttribute<TAttr>() where TAttr : class, IAttribute => Array.FindLast(_attributes, a => a is TAttr) as TAttr;

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
