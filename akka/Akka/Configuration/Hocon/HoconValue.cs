using System.Globalization;

namespace Akka.Configuration.Hocon;

/// <summary>
/// What stands behind a key: one element, or several in a row. Texts in a row are one text, arrays in a row are one array, and of objects
/// the first counts (the parser has already merged those that follow it).
/// </summary>
public class HoconValue : IMightBeAHoconObject
{
    public HoconValue() : this([])
    {
    }

    public HoconValue(List<IHoconElement> values, bool adoptedFromFallback = true) => Values = values;

    public List<IHoconElement> Values { get; }

    public bool IsEmpty => Values.Count == 0 || Values[0] is HoconObject { Items.Count: 0 };

    public void AppendValue(IHoconElement value) => Values.Add(value);

    public void Clear() => Values.Clear();

    public void NewValue(IHoconElement value)
    {
        Values.Clear();
        Values.Add(value);
    }

    public bool IsObject() => GetObject() != null;

    public HoconObject? GetObject() => Values.FirstOrDefault() switch
    {
        HoconObject own => own,
        IMightBeAHoconObject other when other.IsObject() => other.GetObject(),
        _ => null,
    };

    public HoconValue? GetChildObject(string key) => GetObject()?.GetKey(key);

    /// <summary>An array without elements is none.</summary>
    public bool IsArray() => GetArray().Count != 0;

    public IList<HoconValue> GetArray() => Values.Where(element => element.IsArray()).SelectMany(element => element.GetArray()).ToList();

    public bool IsString() => Values.Count > 0 && Values.All(element => element.IsString());

    /// <summary>The text without blanks around it; null for the word null and for what is no text.</summary>
    public string? GetString()
    {
        if (!IsString())
            return null;
        var text = string.Concat(Values.Select(element => element.GetString())).Trim();
        return text == "null" ? null : text;
    }

    public bool GetBoolean() => GetString() switch
    {
        "on" or "true" => true,
        "off" or "false" => false,
        var other => throw new NotSupportedException($"'{other}' is no boolean: it must be on, true, off or false."),
    };

    public int GetInt() => int.Parse(GetString()!, NumberFormatInfo.InvariantInfo);

    public long GetLong() => long.Parse(GetString()!, NumberFormatInfo.InvariantInfo);

    public float GetFloat() => float.Parse(GetString()!, NumberFormatInfo.InvariantInfo);

    public double GetDouble() => double.Parse(GetString()!, NumberFormatInfo.InvariantInfo);

    public decimal GetDecimal() => decimal.Parse(GetString()!, NumberFormatInfo.InvariantInfo);

    public TimeSpan GetTimeSpan(bool allowInfinite = true) => HoconUnits.ToTimeSpan(GetString()!, allowInfinite);

    public long? GetByteSize() => GetString() is { Length: > 0 } text ? HoconUnits.ToBytes(text) : null;

    public IList<string> GetStringList() => GetArray().Select(value => value.GetString()!).ToList();

    public IList<int> GetIntList() => GetArray().Select(value => value.GetInt()).ToList();

    public IList<long> GetLongList() => GetArray().Select(value => value.GetLong()).ToList();

    public IList<double> GetDoubleList() => GetArray().Select(value => value.GetDouble()).ToList();

    public IList<bool> GetBooleanList() => GetArray().Select(value => value.GetBoolean()).ToList();

    public Config ToConfig() => new(new HoconRoot(this));

    /// <summary>A config with this value behind one key.</summary>
    public Config AtKey(string key)
    {
        var top = new HoconObject();
        top.Items[key] = this;
        var root = new HoconValue();
        root.AppendValue(top);
        return new Config(new HoconRoot(root));
    }

    public override string ToString() => ToString(0);

    public virtual string ToString(int indent)
    {
        if (IsString())
            return QuotedIfNeeded(GetString() ?? "");
        if (GetObject() is { } own)
            return indent == 0 ? own.ToString(1) : $"{{\r\n{own.ToString(indent + 1)}{new string(' ', indent * 2)}}}";
        return IsArray() ? $"[{string.Join(",", GetArray().Select(value => value.ToString(indent + 1)))}]" : "<<unknown value>>";
    }

    internal static string QuotedIfNeeded(string text) => text.AsSpan().IndexOfAny(" \t:") >= 0 ? $"\"{text}\"" : text;
}
