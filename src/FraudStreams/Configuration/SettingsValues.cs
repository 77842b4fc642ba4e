using System.Globalization;

namespace FraudStreams.Configuration;

/// <summary>The forms of values that are numbers with a unit.</summary>
static class SettingsValues
{
    public static double ParseNumber(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Reads "20%" or "0.2".</summary>
    public static double ParseShare(string text) => text.EndsWith('%') ? ParseNumber(text[..^1]) / 100 : ParseNumber(text);

    /// <summary>
    /// A whole number with its unit; null for what else Akka.NET reads as a duration, and for what it refuses. It compiles a regular expression for that, which
    /// a command that answers at once would wait for.
    /// </summary>
    public static TimeSpan? TryParseDuration(string text)
    {
        if (!TrySplit(text, out var number, out var unit))
            return null;
        return unit switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            "d" => TimeSpan.FromDays(number),
            _ => null,
        };
    }

    /// <summary>The same for a size in bytes.</summary>
    public static long? TryParseSize(string text)
    {
        if (!TrySplit(text, out var number, out var unit))
            return null;
        return unit switch
        {
            "" or "B" => number,
            "KiB" => (long)number << 10,
            "MiB" => (long)number << 20,
            "GiB" => (long)number << 30,
            _ => null,
        };
    }

    static bool TrySplit(ReadOnlySpan<char> text, out int number, out ReadOnlySpan<char> unit)
    {
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
            digits = text.Length;
        unit = text[digits..].Trim();
        number = 0;
        return digits is > 0 and <= 6 && int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
