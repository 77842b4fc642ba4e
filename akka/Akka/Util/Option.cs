namespace Akka.Util;

/// <summary>A value, or none.</summary>
public readonly struct Option<T>(T value) : IEquatable<Option<T>>
{
    public static readonly Option<T> None;

    public bool HasValue { get; } = true;

    public bool IsEmpty => !HasValue;

    public T Value { get; } = value;

    public static Option<T> Create(T value) => value is null ? None : new Option<T>(value);

    public static implicit operator Option<T>(T value) => new(value);

    public T GetOrElse(T fallbackValue) => HasValue ? Value : fallbackValue;

    public Option<TNew> Select<TNew>(Func<T, TNew> selector) => HasValue ? new Option<TNew>(selector(Value)) : Option<TNew>.None;

    public bool Equals(Option<T> other) => HasValue == other.HasValue && EqualityComparer<T>.Default.Equals(Value, other.Value);

    public override bool Equals(object? obj) => obj is Option<T> other && Equals(other);

    public override int GetHashCode() => HasValue ? Value?.GetHashCode() ?? 0 : -1;

    public override string ToString() => HasValue ? $"Some<{Value}>" : "None";
}
