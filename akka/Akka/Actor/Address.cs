namespace Akka.Actor;

/// <summary>Where an actor system lives. Without remoting that is its name.</summary>
public sealed class Address : IEquatable<Address>
{
    internal Address(string protocol, string system)
    {
        Protocol = protocol;
        System = system;
    }

    public string Protocol { get; }
    public string System { get; }
    public bool Equals(Address? other) => other is not null && other.Protocol == Protocol && other.System == System;
    public override bool Equals(object? obj) => Equals(obj as Address);
    public override int GetHashCode() => HashCode.Combine(Protocol, System);

    public override string ToString() => $"{Protocol}://{System}";
}
