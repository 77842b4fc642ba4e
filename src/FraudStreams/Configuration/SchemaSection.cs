using System.Globalization;
using Akka.Configuration.Hocon;

namespace FraudStreams.Configuration;

/// <summary>
/// One object of a schema file. Whatever is missing, unknown or of the wrong form becomes a problem with its path, so that a file is
/// corrected once; the value read in its place is empty, and the file is refused in the end.
/// </summary>
sealed class SchemaSection(HoconValue value, string path, List<string> problems)
{
    const int MostSeconds = int.MaxValue;

    readonly HashSet<string> _known = [];

    /// <summary>One list for a whole file.</summary>
    public List<string> Problems => problems;

    public bool Has(string key) => Value(key) is not null;

    public bool IsSection(string key) => Value(key)?.IsObject() == true;

    public void Add(string key, string problem) => problems.Add($"{At(key)}: {problem}");

    public string Text(string key)
    {
        var text = OptionalText(key);
        if (string.IsNullOrEmpty(text) && !problems.Any(p => p.StartsWith(At(key) + ":", StringComparison.Ordinal)))
            Add(key, "is missing");
        return text ?? "";
    }

    public string? OptionalText(string key)
    {
        if (Value(key) is not { } found)
            return null;
        if (found.IsString())
            return found.GetString();
        Add(key, "is not a text");
        return null;
    }

    public bool Flag(string key) => Choice(key, false, ("on", true), ("off", false), ("true", true), ("false", false));

    public T Choice<T>(string key, T otherwise, params ReadOnlySpan<(string Text, T Value)> choices) =>
        Choice(key, otherwise, required: false, choices);

    public T Choice<T>(string key, T otherwise, bool required, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        var text = required ? Text(key) : OptionalText(key);
        if (string.IsNullOrEmpty(text))
            return otherwise;
        foreach (var choice in choices)
        {
            if (choice.Text == text)
                return choice.Value;
        }
        var possible = new List<string>();
        foreach (var choice in choices)
            possible.Add(choice.Text);
        Add(key, $"is {text}; possible are {string.Join(", ", possible)}");
        return otherwise;
    }

    public int Whole(string key, int otherwise)
    {
        if (OptionalText(key) is not { } text)
            return otherwise;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole;
        Add(key, $"is {text}, not a whole number");
        return otherwise;
    }

    /// <summary>A whole number of seconds, minutes, hours or days; null, and a problem, where it is not.</summary>
    public TimeSpan? Duration(string key)
    {
        var text = Text(key);
        if (text.Length == 0)
            return null;
        var unit = text[^1] switch
        {
            's' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMinute,
            'h' => TimeSpan.TicksPerHour,
            'd' => TimeSpan.TicksPerDay,
            _ => 0,
        };
        if (unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1).TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= MostSeconds / (unit / TimeSpan.TicksPerSecond))
            return TimeSpan.FromTicks(count * unit);
        Add(key, $"is {text}; it is a whole number with its unit, such as 30m, 1h or 7d");
        return null;
    }

    /// <summary>A list of exactly that many texts.</summary>
    public string[] Texts(string key, int count)
    {
        var texts = Value(key) is { } found && found.IsArray() ? found.GetArray().Select(v => v.GetString() ?? "").ToArray() : [];
        if (texts.Length == count && texts.All(text => text.Length > 0))
            return texts;
        Add(key, $"is not a list of {count}");
        return [.. Enumerable.Repeat("", count)];
    }

    public int[] Wholes(string key, int count)
    {
        var texts = Texts(key, count);
        var wholes = new int[count];
        for (var i = 0; i < count; i++)
        {
            if (texts[i].Length > 0 && !int.TryParse(texts[i], NumberStyles.None, CultureInfo.InvariantCulture, out wholes[i]))
                Add(key, $"has {texts[i]}, which is not a whole number");
        }
        return wholes;
    }

    /// <summary>A text or a list of them; nothing where the key is missing.</summary>
    public IEnumerable<string> TextOrTexts(string key) => Value(key) switch
    {
        null => [],
        { } found when found.IsArray() => found.GetArray().Select(v => v.GetString() ?? ""),
        _ => [Text(key)],
    };

    public SchemaSection? Section(string key, bool required)
    {
        if (Value(key) is not { } found)
        {
            if (required)
                Add(key, "is missing");
            return null;
        }
        if (found.IsObject())
            return new SchemaSection(found, At(key), problems);
        Add(key, "is not a section in braces");
        return null;
    }

    /// <summary>A list of sections; each is known by its name where it has one.</summary>
    public IEnumerable<SchemaSection> List(string key)
    {
        if (Value(key) is not { } found || !found.IsArray())
        {
            Add(key, "is missing, or not a list of sections in braces");
            yield break;
        }
        var position = 0;
        foreach (var item in found.GetArray())
        {
            position++;
            if (!item.IsObject())
            {
                problems.Add($"{At(key)}: its item {position} is not a section in braces");
                continue;
            }
            var name = item.GetChildObject("name")?.GetString();
            yield return new SchemaSection(item, At(key) + (name is null ? $"[{position}]" : $".{name}"), problems);
        }
    }

    /// <summary>To be called when everything was asked for: a key that nobody asked for is a mistake.</summary>
    public void RefuseOthers()
    {
        foreach (var key in value.GetObject()?.Items.Keys ?? Enumerable.Empty<string>())
        {
            if (!_known.Contains(key))
                Add(key, $"is not known here; known are {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    HoconValue? Value(string key)
    {
        _known.Add(key);
        return value.GetChildObject(key);
    }

    string At(string key) => path.Length == 0 ? key : key.Length == 0 ? path : $"{path}.{key}";
}
