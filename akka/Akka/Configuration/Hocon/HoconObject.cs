using System.Text;

namespace Akka.Configuration.Hocon;

public class HoconObject : IHoconElement
{
    public Dictionary<string, HoconValue> Items { get; private init; } = [];

    public bool IsString() => false;

    public string GetString() => throw new NotSupportedException("An object is no text.");

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("An object is no array.");

    public HoconValue? GetKey(string key) => Items.GetValueOrDefault(key);

    public HoconValue GetOrCreateKey(string key)
    {
        if (!Items.TryGetValue(key, out var value))
            Items[key] = value = new HoconValue();
        return value;
    }

    /// <summary>Takes the other's entries: objects on both sides are merged, anything else of the other's replaces what is here.</summary>
    public void Merge(HoconObject other)
    {
        foreach (var (key, value) in other.Items)
            Items[key] = Over(Items.GetValueOrDefault(key), value);
    }

    /// <summary>A new object with the entries of both, the other's over these.</summary>
    internal HoconObject MergedUnder(HoconObject other)
    {
        var merged = new HoconObject { Items = new Dictionary<string, HoconValue>(Items) };
        merged.Merge(other);
        return merged;
    }

    static HoconValue Over(HoconValue? under, HoconValue over)
    {
        if (under?.GetObject() is not { } underObject || over.GetObject() is not { } overObject)
            return over;
        var value = new HoconValue();
        value.AppendValue(underObject.MergedUnder(overObject));
        return value;
    }

    public override string ToString() => ToString(0);

    public string ToString(int indent)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Items)
            text.Append(' ', indent * 2).Append(HoconValue.QuotedIfNeeded(key)).Append(" : ").Append(value.ToString(indent)).Append("\r\n");
        return text.ToString();
    }
}
