using System.Collections.Immutable;
using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace FraudStreams.Configuration;

/// <summary>
/// Reads the keys of one section, each with the range that makes sense for it; what does not is refused with the key's whole path,
/// its value and what would be right.
/// </summary>
/// <param name="problems">Collects what is refused, so that a file is corrected once; what is read in its place is empty. Null throws the first.</param>
public sealed class SettingsSection(Config config, string path, List<string>? problems = null)
{
    public SettingsSection Section(string key) => new(config, PathOf(key), problems);

    public string PathOf(string key) => $"{path}.{key}";

    public string Text(string key) => Read(key, c => c.GetString(PathOf(key)), "a text") ?? "";

    public T Parsed<T>(string key, Func<string, T> parse, string right) => Read(key, _ => parse(Text(key)), right);

    public ImmutableArray<string> Texts(string key) =>
        Read(key, c => c.GetStringList(PathOf(key)).ToImmutableArray(), "a list of texts") is { IsDefault: false } texts ? texts : [];

    public bool Flag(string key) => Read(key, c => c.GetBoolean(PathOf(key)), "on or off");

    public int Int(string key, int min, int max)
    {
        var right = $"a whole number from {min} to {max}";
        var value = Read(key, _ => int.Parse(Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), right);
        return value >= min && value <= max ? value : Refuse(key, right, value);
    }

    /// <summary>A number above <paramref name="above"/> and at most <paramref name="max"/>.</summary>
    public double Number(string key, double above, double max)
    {
        var right = $"a number above {above} and at most {max}";
        return AtMost(key, Read(key, _ => ParseNumber(Text(key)), right), above, max, right);
    }

    /// <summary>A share: "20%" or 0.2; above 0 and below 1.</summary>
    public double Share(string key)
    {
        const string right = "a share above 0 and below 1, such as 20% or 0.2";
        var value = Read(key, _ => ParseShare(Text(key)), right);
        return value is > 0 and < 1 ? value : Refuse(key, right, value);
    }

    /// <summary>A share: "20%" or 0.2; from 0 to all of it.</summary>
    public double ShareOrAll(string key)
    {
        const string right = "a share from 0% to 100%, such as 5% or 0.05";
        var value = Read(key, _ => ParseShare(Text(key)), right);
        return value is >= 0 and <= 1 ? value : Refuse(key, right, value);
    }

    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        var right = $"a duration from {min} to {max}, such as 100ms, 10s, 5m or 7d";
        var value = Read(key, c => Usual(Text(key)) ?? c.GetTimeSpan(PathOf(key), allowInfinite: false), right);
        return value >= min && value <= max ? value : Refuse(key, right, value);
    }

    /// <summary>
    /// A whole number with its unit; null for what else Akka.NET reads as a duration, and for what it refuses. It compiles a regular expression for that, which
    /// a command that answers at once would wait for.
    /// </summary>
    static TimeSpan? Usual(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is <= 0 or > 6 || !int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        return text.AsSpan(digits).Trim() switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            _ => null,
        };
    }

    /// <summary>A duration, or null for "infinite".</summary>
    public TimeSpan? DurationOrInfinite(string key, TimeSpan min) =>
        string.Equals(Text(key), "infinite", StringComparison.OrdinalIgnoreCase) ? null : Duration(key, min, TimeSpan.FromDays(36500));

    /// <summary>A size in bytes.</summary>
    public long Size(string key, long min, long max)
    {
        var right = $"a size from {min} to {max} bytes, such as 64KiB or 4GiB";
        var value = Read(key, c => c.GetByteSize(PathOf(key)) ?? -1, right);
        return value >= min && value <= max ? value : Refuse(key, right, value);
    }

    /// <summary>The texts of a section that may hold any key, by their paths within it: "a.b" where a section b stands in a, or where the key was written so.</summary>
    public IEnumerable<KeyValuePair<string, string>> Entries(string key)
    {
        return Value(key) is { } section && section.IsObject() ? Of(section, "") : [];

        static IEnumerable<KeyValuePair<string, string>> Of(HoconValue value, string path) => value.IsObject()
            ? value.GetObject()!.Items.SelectMany(item => Of(item.Value, path.Length == 0 ? item.Key : $"{path}.{item.Key}"))
            : [new(path, value.GetString() ?? "")];
    }

    /// <summary>What stands there, text or section.</summary>
    public HoconValue? Value(string key) => config.GetValue(PathOf(key));

    public string OneOf(string key, params ReadOnlySpan<string> words)
    {
        var value = Text(key);
        return words.Contains(value) ? value : Refuse(key, words.Length == 1 ? words[0] : "one of " + string.Join(", ", words.ToArray()), words[0]);
    }

    public SettingsException Senseless(string key, string right) => SettingsException.Senseless(PathOf(key), ValueText(key), right);

    static double ParseNumber(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Reads "20%" or "0.2".</summary>
    public static double ParseShare(string text) => text.EndsWith('%') ? ParseNumber(text[..^1]) / 100 : ParseNumber(text);

    double AtMost(string key, double value, double above, double max, string right) =>
        value > above && value <= max ? value : Refuse(key, right, value);

    T Read<T>(string key, Func<Config, T> read, string right)
    {
        if (!config.HasPath(PathOf(key)))
            return Refuse<T>(new SettingsException($"{PathOf(key)} is missing: it must be {right}"), default!);
        try
        {
            return read(config);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ConfigurationException or InvalidCastException or ArgumentException
                                      or InvalidOperationException)
        {
            return Refuse<T>(Senseless(key, right), default!);
        }
    }

    T Refuse<T>(string key, string right, T instead) => Refuse(Senseless(key, right), instead);

    /// <summary>A key that was refused once is not refused again for its range.</summary>
    T Refuse<T>(SettingsException refusal, T instead)
    {
        if (problems is null)
            throw refusal;
        if (!problems.Contains(refusal.Message))
            problems.Add(refusal.Message);
        return instead;
    }

    string? ValueText(string key)
    {
        var value = config.GetValue(PathOf(key));
        return value is null ? null : value.IsString() ? value.GetString() : value.ToString();
    }
}
