namespace Akka.Util;

/// <summary>A value, or none. There is no value that is null.</summary>
public readonly struct Option<T>
{
    public static readonly Option<T> None;

    [Obsolete("Use Option<T>.Create() instead")]
    public Option(T value)
    {
        if (value is null) throw new ArgumentNullException(nameof(value), "An option of null is none: use Option<T>.None or Option<T>.Create");
        Value = value;
        HasValue = true;
    }

    public bool HasValue { get; }

    public T Value { get; }

    public static Option<T> Create(T value)
    {
#pragma warning disable CS0618 // what is obsolete is only to call it from outside
        return value is null ? None : new Option<T>(value);
#pragma warning restore CS0618
    }

    public static implicit operator Option<T>(T value) => Create(value);

    public override string ToString() => HasValue ? $"Some<{Value}>" : "None";
}
