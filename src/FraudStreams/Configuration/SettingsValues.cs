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
}
