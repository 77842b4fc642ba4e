using System.Collections.Immutable;
using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Configuration;

/// <summary>
/// Reads the keys of one section of the configuration, of a schema file or of a feature map. What is missing, of the wrong form or out of its range is
/// refused with the key's whole path, its value and what would be right, and is collected, so that a file is corrected once; what is read in its place is
/// empty or the nearest end of the range.
/// </summary>
/// <param name="config">The file, or layers of them.</param>
/// <param name="place">The section's place in <paramref name="config"/>; empty where it is the whole.</param>
/// <param name="path">How the section is named to people.</param>
/// <param name="problems">One list for a whole file.</param>
public sealed class SettingsSection(Config config, string place, string path, List<string> problems)
{
    readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    public SettingsSection(Config config, string path, List<string> problems)
        : this(config, path, path, problems)
    {
    }

    /// <summary>A whole file that is no part of the configuration.</summary>
    /// <param name="subject">Names it in what goes wrong.</param>
    /// <exception cref="SchemaException">It is not HOCON.</exception>
    public static SettingsSection Parse(string hocon, string subject)
    {
        if (HoconNesting.Fault(hocon) is { } fault)
            throw new SchemaException(subject, [$"is not HOCON: {fault}"]);
        try
        {
            return new SettingsSection(ConfigurationFactory.ParseString(hocon), "", []);
        }
        // Any exception of the parser is about the text, and its type is not part of Akka.NET's contract.
        catch (Exception e)
        {
            throw new SchemaException(subject, [$"is not HOCON: {e.Message}"]);
        }
    }

    public IReadOnlyList<string> Problems => problems;

    public SettingsSection Section(string key)
    {
        _known.Add(key);
        return new SettingsSection(config, PlaceOf(key), PathOf(key), problems);
    }

    public string PathOf(string key) => path.Length == 0 ? key : key.Length == 0 ? path : $"{path}.{key}";

    public bool Has(string key) => Value(key) is not null;

    public bool IsSection(string key) => Value(key)?.IsObject() == true;

    /// <summary>A text, which may be empty.</summary>
    public string Text(string key) => Read(key, AsText, "a text") ?? "";

    public string? OptionalText(string key) => Has(key) ? Text(key) : null;

    /// <summary>A text that is not empty.</summary>
    public string FilledText(string key, string right = "a text")
    {
        var text = Read(key, AsText, right);
        return text is null or { Length: > 0 } ? text ?? "" : Refuse(key, right, "");
    }

    public T Parsed<T>(string key, Func<string, T> parse, string right) => Read(key, value => parse(AsText(value)), right);

    /// <summary>A list of texts, which may be empty.</summary>
    public ImmutableArray<string> Texts(string key) => Read(key, value => AsTexts(value), "a list of texts") is { IsDefault: false } texts ? texts : [];

    /// <summary>A list of exactly that many texts.</summary>
    public ImmutableArray<string> Texts(string key, int count)
    {
        var right = $"a list of {count}";
        var texts = Read(key, value => AsTexts(value), right);
        if (texts.IsDefault)
            return [.. Enumerable.Repeat("", count)];
        return texts.Length == count && texts.All(text => text.Length > 0) ? texts : Refuse<ImmutableArray<string>>(key, right, [.. Enumerable.Repeat("", count)]);
    }

    /// <summary>A text or a list of them; none where the key is missing.</summary>
    public ImmutableArray<string> TextOrTexts(string key) => Value(key) switch
    {
        null => [],
        { } value when value.IsArray() => Texts(key),
        _ => [Text(key)],
    };

    public bool Flag(string key) => Choice(key, ("on", true), ("off", false), ("true", true), ("false", false));

    public bool OptionalFlag(string key) => Has(key) && Flag(key);

    public string OneOf(string key, params ReadOnlySpan<string> words)
    {
        var text = Read(key, AsText, Words(words));
        return text is not null && !words.Contains(text) ? Refuse(key, Words(words), words[0]) : text ?? words[0];
    }

    public T Choice<T>(string key, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        var words = new string[choices.Length];
        for (var i = 0; i < words.Length; i++)
            words[i] = choices[i].Text;
        return choices[Array.IndexOf(words, OneOf(key, words))].Value;
    }

    public T OptionalChoice<T>(string key, T otherwise, params ReadOnlySpan<(string Text, T Value)> choices) => Has(key) ? Choice(key, choices) : otherwise;

    public int Int(string key, int min, int max)
    {
        var right = $"a whole number from {min} to {max}";
        var value = Read(key, value => int.Parse(AsText(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), right);
        return value >= min && value <= max ? value : Refuse(key, right, min);
    }

    /// <summary>A list of exactly that many whole numbers from 0.</summary>
    public ImmutableArray<int> Ints(string key, int count)
    {
        var texts = Texts(key, count);
        return [.. texts.Select(text => text.Length == 0 || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? int.Parse($"0{text}", CultureInfo.InvariantCulture)
            : Refuse(key, $"a list of {count} whole numbers", 0))];
    }

    /// <summary>A number above <paramref name="above"/> and at most <paramref name="max"/>.</summary>
    public double Number(string key, double above, double max)
    {
        var right = $"a number above {above} and at most {max}";
        var value = Read(key, value => SettingsValues.ParseNumber(AsText(value)), right);
        return value > above && value <= max ? value : Refuse(key, right, max);
    }

    /// <summary>A share: "20%" or 0.2; above 0 and below 1.</summary>
    public double Share(string key)
    {
        const string right = "a share above 0 and below 1, such as 20% or 0.2";
        var value = Read(key, value => SettingsValues.ParseShare(AsText(value)), right);
        return value is > 0 and < 1 ? value : Refuse(key, right, 0.5);
    }

    /// <summary>A share: "20%" or 0.2; from 0 to all of it.</summary>
    public double ShareOrAll(string key)
    {
        const string right = "a share from 0% to 100%, such as 5% or 0.05";
        var value = Read(key, value => SettingsValues.ParseShare(AsText(value)), right);
        return value is >= 0 and <= 1 ? value : Refuse(key, right, 1.0);
    }

    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        var right = $"a duration from {min} to {max}, such as 100ms, 10s, 5m or 7d";
        var value = Read(key, value => SettingsValues.TryParseDuration(AsText(value)) ?? value.GetTimeSpan(allowInfinite: false), right);
        return value >= min && value <= max ? value : Refuse(key, right, min);
    }

    /// <summary>A duration, or null for "infinite".</summary>
    public TimeSpan? DurationOrInfinite(string key, TimeSpan min) =>
        string.Equals(Text(key), "infinite", StringComparison.OrdinalIgnoreCase) ? null : Duration(key, min, TimeSpan.FromDays(36500));

    /// <summary>A whole number of seconds, minutes, hours or days, with its unit.</summary>
    public TimeSpan WholeDuration(string key)
    {
        const string right = "a whole number with its unit, such as 30m, 1h or 7d";
        return Read(
            key,
            value => SettingsValues.TryParseDuration(AsText(value)) is { Milliseconds: 0 } duration && duration.TotalSeconds <= int.MaxValue ? duration : throw new FormatException(),
            right);
    }

    /// <summary>A size in bytes.</summary>
    public long Size(string key, long min, long max)
    {
        var right = $"a size from {min} to {max} bytes, such as 64KiB or 4GiB";
        var value = Read(key, value => SettingsValues.TryParseSize(AsText(value)) ?? value.GetByteSize() ?? -1, right);
        return value >= min && value <= max ? value : Refuse(key, right, min);
    }

    /// <summary>A list of sections in braces; each is named to people by its key `name` where it has one, else by its number.</summary>
    public IEnumerable<SettingsSection> List(string key)
    {
        const string right = "a list of sections in braces";
        var items = Read(key, value => value.IsArray() ? value.GetArray() : throw new FormatException(), right);
        for (var i = 0; i < items?.Count; i++)
        {
            var name = items[i].IsObject() ? items[i].GetChildObject("name")?.GetString() : null;
            var itemPath = PathOf(key) + (name is null ? $"[{i + 1}]" : $".{name}");
            if (items[i].IsObject())
                yield return new SettingsSection(new Config(new HoconRoot(items[i])), "", itemPath, problems);
            else
                problems.Add(SettingsException.Senseless(itemPath, items[i].ToString(), "a section in braces").Message);
        }
    }

    /// <summary>The texts of a section that may hold any key, by their paths within it: "a.b" where a section b stands in a, or where the key was written so.</summary>
    public IEnumerable<KeyValuePair<string, string>> Entries(string key)
    {
        return Value(key) is { } section && section.IsObject() ? Of(section, "") : [];

        static IEnumerable<KeyValuePair<string, string>> Of(HoconValue value, string path) => value.IsObject()
            ? value.GetObject()!.Items.SelectMany(item => Of(item.Value, path.Length == 0 ? item.Key : $"{path}.{item.Key}"))
            : [new(path, value.GetString() ?? "")];
    }

    /// <summary>What stands there, text or section; null where nothing does.</summary>
    public HoconValue? Value(string key)
    {
        _known.Add(key);
        return config.HasPath(PlaceOf(key)) ? config.GetValue(PlaceOf(key)) : null;
    }

    /// <summary>To be called when everything was asked for: a key that nobody asked for is a mistake.</summary>
    public void RefuseOthers()
    {
        var section = place.Length == 0 ? config.Root : config.GetValue(place);
        foreach (var key in section is not null && section.IsObject() ? section.GetObject()!.Items.Keys : Enumerable.Empty<string>())
        {
            if (!_known.Contains(key))
                Add(key, $"is not known here; known are {string.Join(", ", _known)}");
        }
    }

    /// <summary>A mistake that no form or range tells.</summary>
    public void Add(string key, string problem) => problems.Add($"{PathOf(key)}: {problem}");

    public SettingsException Senseless(string key, string right) => SettingsException.Senseless(PathOf(key), ValueText(key), right);

    static string Words(ReadOnlySpan<string> words) => words.Length == 1 ? words[0] : "one of " + string.Join(", ", words.ToArray());

    static string AsText(HoconValue value) => value.IsString() || value.Values.Count == 0 ? value.GetString() ?? "" : throw new FormatException();

    static ImmutableArray<string> AsTexts(HoconValue value) => value.IsArray() ? [.. value.GetArray().Select(AsText)] : throw new FormatException();

    string PlaceOf(string key) => place.Length == 0 ? key : $"{place}.{key}";

    /// <returns>The default, which may be null, of what is missing or has another form.</returns>
    T Read<T>(string key, Func<HoconValue, T> read, string right)
    {
        if (Value(key) is not { } value)
            return Refuse<T>(new SettingsException($"{PathOf(key)} is missing: it must be {right}"), default!);
        try
        {
            return read(value);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ConfigurationException or InvalidCastException or ArgumentException
                                      or InvalidOperationException or NotSupportedException)
        {
            return Refuse<T>(Senseless(key, right), default!);
        }
    }

    T Refuse<T>(string key, string right, T instead) => Refuse(Senseless(key, right), instead);

    /// <summary>A key that was refused once is not refused again for its range.</summary>
    T Refuse<T>(SettingsException refusal, T instead)
    {
        if (!problems.Contains(refusal.Message))
            problems.Add(refusal.Message);
        return instead;
    }

    string? ValueText(string key)
    {
        var value = Value(key);
        return value is null ? null : value.IsString() ? value.GetString() : value.ToString();
    }
}
