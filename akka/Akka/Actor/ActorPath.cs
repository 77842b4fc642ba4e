namespace Akka.Actor;

/// <summary>The place of an actor in the tree. Two actors that held one place after another differ in <see cref="Uid"/>, which equality
/// leaves out.</summary>
public class ActorPath : IEquatable<ActorPath>
{
    readonly ActorPath? _parent;
    string? _text;

    internal ActorPath(Address address, string name)
    {
        Address = address;
        Name = name;
    }

    internal ActorPath(ActorPath parent, string name, long uid)
    {
        _parent = parent;
        Address = parent.Address;
        Name = name;
        Uid = uid;
    }

    public Address Address { get; }
    public string Name { get; }
    public long Uid { get; }
    public ActorPath Parent => _parent ?? this;
    public IReadOnlyList<string> Elements => _parent is null ? [] : [.. _parent.Elements, Name];
    public static ActorPath operator /(ActorPath path, string name) => new(path, name, 0);
    public static bool operator ==(ActorPath? left, ActorPath? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(ActorPath? left, ActorPath? right) => !(left == right);

    public static bool IsValidPathElement(string s) =>
        !string.IsNullOrEmpty(s) && s[0] != '$' && s.All(c => char.IsAsciiLetterOrDigit(c) || "-_.*$+:@&=,!~';()%".Contains(c));

    public string ToStringWithoutAddress() => "/" + string.Join('/', Elements);

    public string ToStringWithUid() => Uid == 0 ? ToString() : $"{this}#{Uid}";

    public bool Equals(ActorPath? other) => ReferenceEquals(this, other) || (other is not null && Name == other.Name && SameParent(other));

    public override bool Equals(object? obj) => Equals(obj as ActorPath);
    public override int GetHashCode() => HashCode.Combine(_parent?.GetHashCode() ?? 0, Name);
    public override string ToString() => _text ??= Address + ToStringWithoutAddress();

    bool SameParent(ActorPath other) =>
        _parent is null ? other._parent is null && Address.Equals(other.Address) : _parent.Equals(other._parent);
}
