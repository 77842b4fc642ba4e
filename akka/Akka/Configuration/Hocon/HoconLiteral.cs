namespace Akka.Configuration.Hocon;

/// <summary>A piece of text, quotes and escapes already taken away.</summary>
public class HoconLiteral : IHoconElement
{
    public string Value { get; set; } = "";

    public bool IsString() => true;

    public string GetString() => Value;

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("A text is no array.");

    public override string ToString() => Value;
}
