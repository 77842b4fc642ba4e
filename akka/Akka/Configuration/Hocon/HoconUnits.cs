using System.Globalization;
using System.Text.RegularExpressions;

namespace Akka.Configuration.Hocon;

/// <summary>Durations and byte sizes.</summary>
internal static partial class HoconUnits
{
    const string ByteUnits = "KMGTPE";

    static readonly string[] _binaryNames = ["kibibyte", "mebibyte", "gibibyte", "tebibyte", "pebibyte", "exbibyte"];
    static readonly string[] _decimalNames = ["kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte", "exabyte"];

    /// <exception cref="FormatException">The text is no number, the number is negative, or the unit is unknown.</exception>
    public static TimeSpan ToTimeSpan(string text, bool allowInfinite)
    {
        var match = Duration().Match(text);
        if (match.Success && TicksOf(match.Groups["unit"].Value) is { } ticks)
            return TimeSpan.FromTicks((long)Math.Round(ticks * ToPositive(match.Groups["number"].Value)));
        if (allowInfinite && text.Equals("infinite", StringComparison.OrdinalIgnoreCase))
            return Timeout.InfiniteTimeSpan;
        return TimeSpan.FromMilliseconds(ToPositive(text));
    }

    /// <exception cref="FormatException">The number is not whole, or the unit is unknown.</exception>
    public static long ToBytes(string text)
    {
        var digits = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        return digits == 0 || digits == text.Length
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : long.Parse(text[..digits], CultureInfo.InvariantCulture) * BytesOf(text[digits..].Trim());
    }

    static double? TicksOf(string unit) => unit switch
    {
        "nanoseconds" or "nanosecond" or "nanos" or "nano" or "ns" => TimeSpan.TicksPerMicrosecond / 1000.0,
        "microseconds" or "microsecond" or "micros" or "micro" => TimeSpan.TicksPerMicrosecond,
        "milliseconds" or "millisecond" or "millis" or "milli" or "ms" => TimeSpan.TicksPerMillisecond,
        "seconds" or "second" or "s" => TimeSpan.TicksPerSecond,
        "minutes" or "minute" or "m" => TimeSpan.TicksPerMinute,
        "hours" or "hour" or "h" => TimeSpan.TicksPerHour,
        "days" or "day" or "d" => TimeSpan.TicksPerDay,
        _ => null,
    };

    static double ToPositive(string number)
    {
        var value = double.Parse(number, NumberFormatInfo.InvariantInfo);
        return value >= 0 ? value : throw new FormatException($"A duration cannot be negative: {number}.");
    }

    // k, K, Ki, KiB, kibibyte(s) = 1024; kB, kilobyte(s) = 1000; above that M, m, Mi, MiB and MB, and so on.
    static long BytesOf(string unit)
    {
        if (unit is "b" or "B" or "byte" or "bytes")
            return 1;
        for (var power = 1; power <= ByteUnits.Length; power++)
        {
            var upper = ByteUnits[power - 1].ToString();
            var lower = upper.ToLowerInvariant();
            if (unit == upper || unit == lower || unit == upper + "i" || unit == upper + "iB" || IsName(unit, _binaryNames[power - 1]))
                return 1L << (10 * power);
            if (unit == (power == 1 ? lower : upper) + "B" || IsName(unit, _decimalNames[power - 1]))
                return (long)Math.Pow(1000, power);
        }
        throw new FormatException($"'{unit}' is no unit of a byte size; one of them is k, kB, KiB, M, MB, MiB.");
    }

    static bool IsName(string unit, string name) => unit == name || unit == name + "s";

    [GeneratedRegex(@"^(?<number>[0-9]+(\.[0-9]+)?)\s*(?<unit>[a-z]+)$")]
    private static partial Regex Duration();
}
