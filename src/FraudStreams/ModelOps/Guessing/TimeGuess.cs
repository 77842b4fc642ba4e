using FraudStreams.Model.Schemas;

namespace FraudStreams.ModelOps.Guessing;

/// <summary>How the times of a column are written.</summary>
/// <param name="Written">The name or pattern that all of them fit.</param>
/// <param name="Other">The other one that they fit as well, where day and month cannot be told apart; null where they can.</param>
/// <param name="Times">In Unix milliseconds; null where a row has none.</param>
sealed record TimeGuess(CsvTimeFormat Written, CsvTimeFormat? Other, long?[] Times)
{
    const int Tried = 100;

    static readonly string[] s_dates =
    [
        "yyyy-MM-dd", "dd.MM.yyyy", "d.M.yyyy", "dd.MM.yy", "dd/MM/yyyy", "MM/dd/yyyy", "d/M/yyyy", "M/d/yyyy", "yyyy/MM/dd", "dd-MM-yyyy", "MM-dd-yyyy", "d/M/yy", "M/d/yy",
        "dd-MMM-yyyy", "dd MMM yyyy", "MMM d, yyyy", "yyyyMMdd",
    ];

    static readonly string[] s_clocks =
        ["", " HH:mm:ss", " HH:mm", " H:mm:ss", " H:mm", " h:mm:ss tt", " h:mm tt", "'T'HH:mm:ss", "'T'HH:mm", " HH:mm:ss.fff", "'T'HH:mm:ss.fff", " HH:mm:sszzz", "HHmmss"];

    static readonly CsvTimeFormat[] s_formats =
    [
        .. new[] { "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd", "iso-8601" }.Concat(s_clocks.SelectMany(clock => s_dates.Select(date => date + clock))).Distinct()
            .Select(text => CsvTimeFormat.Parse(text, out _)),
    ];

    /// <summary>How a schema says the format of such a field; the file's own way is then one of csv.times.</summary>
    public string Format => Written.ToString() switch
    {
        "iso-8601" => "iso-8601",
        var pattern when pattern.Contains("fff", StringComparison.Ordinal) => "iso-8601",
        var pattern when pattern.Contains('H') || pattern.Contains('h') => "yyyy-MM-dd HH:mm:ss",
        _ => "yyyy-MM-dd",
    };

    /// <summary>Whether a schema reads such times without csv.times.</summary>
    public bool IsPlain => Written.ToString() == Format;

    /// <summary>Null where no format fits all values.</summary>
    /// <param name="values">Empty where there is none.</param>
    public static TimeGuess? Of(string[] values)
    {
        var some = values.Where(value => value.Length > 0).Distinct(StringComparer.Ordinal).Take(Tried).ToList();
        if (some.Count == 0 || some.Any(value => value.Length is < 6 or > 40 || !value.Any(char.IsAsciiDigit)))
            return null;
        var fitting = s_formats.Where(format => some.All(value => IsTime(format, value, out _))).Select(format => (Format: format, Times: Read(format, values)))
            .Where(read => read.Times is not null).ToList();
        if (fitting.Count == 0)
            return null;

        // Files are mostly in the order of time: the reading with fewer steps back is the likelier one.
        var best = fitting.MinBy(read => StepsBack(read.Times!));
        var other = fitting.Find(read => !read.Times!.SequenceEqual(best.Times!));
        return new TimeGuess(best.Format, other.Times is null ? null : other.Format, best.Times!);
    }

    /// <summary>How often a time lies before the one above it.</summary>
    public static int StepsBack(IEnumerable<long?> times)
    {
        var (steps, last) = (0, long.MinValue);
        foreach (var time in times)
        {
            if (time is not { } known)
                continue;
            if (known < last)
                steps++;
            last = known;
        }

        return steps;
    }

    static long?[]? Read(CsvTimeFormat format, string[] values)
    {
        var times = new long?[values.Length];
        for (var row = 0; row < values.Length; row++)
        {
            if (values[row].Length == 0)
                continue;
            if (!IsTime(format, values[row], out var time))
                return null;
            times[row] = time;
        }

        return times;
    }

    /// <summary>In a century that payments and people are of.</summary>
    static bool IsTime(CsvTimeFormat format, string value, out long time) =>
        format.TryRead(value, out time) && DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(time, -9_000_000_000_000, 9_000_000_000_000)).Year is >= 1900 and < 2100;
}
