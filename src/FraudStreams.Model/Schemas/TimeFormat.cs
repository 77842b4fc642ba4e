using System.Globalization;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>The kinds of time formats.</summary>
public enum TimeFormatKind
{
    /// <summary>yyyy-MM-dd HH:mm:ss, in UTC.</summary>
    DateTime,

    /// <summary>yyyy-MM-dd, at 00:00:00 UTC.</summary>
    Date,

    /// <summary>yyyy-MM-ddTHH:mm:ss with an optional fraction of up to nine digits, and Z or an offset (ISO 8601).</summary>
    Iso8601,

    /// <summary>Seconds since 1970-01-01 UTC.</summary>
    UnixSeconds,

    /// <summary>Milliseconds since 1970-01-01 UTC.</summary>
    UnixMilliseconds,

    /// <summary>Seconds since a given start ("seconds-from 2013-09-01").</summary>
    SecondsFrom,

    /// <summary>Hours since a given start ("hours-from 2017-01-01"), as in simulated data sets that count steps.</summary>
    HoursFrom,
}

/// <summary>
/// A text format of times. Valid times are 1800-01-01 to 2199-12-31: wide enough for dates of birth, narrow enough to catch a wrong unit.
/// </summary>
public readonly record struct TimeFormat
{
    const string DateTimeText = "yyyy-MM-dd HH:mm:ss";
    const string DateText = "yyyy-MM-dd";
    const string Iso8601Text = "iso-8601";
    const string UnixSecondsText = "unix-seconds";
    const string UnixMillisecondsText = "unix-milliseconds";
    const string SecondsFromText = "seconds-from ";
    const string HoursFromText = "hours-from ";

    internal const long Earliest = -5_364_662_400_000;
    internal const long Latest = 7_258_118_399_999;

    TimeFormat(TimeFormatKind kind, long start = 0)
    {
        Kind = kind;
        StartUnixMilliseconds = start;
    }

    /// <summary>Kind of the format.</summary>
    public TimeFormatKind Kind { get; }

    /// <summary>The start of <see cref="TimeFormatKind.SecondsFrom"/> and <see cref="TimeFormatKind.HoursFrom"/>, in Unix milliseconds; else 0.</summary>
    public long StartUnixMilliseconds { get; }

    /// <summary>The format <see cref="TimeFormatKind.DateTime"/>.</summary>
    public static TimeFormat DateTime => new(TimeFormatKind.DateTime);

    /// <summary>The format <see cref="TimeFormatKind.Date"/>.</summary>
    public static TimeFormat Date => new(TimeFormatKind.Date);

    /// <summary>The format <see cref="TimeFormatKind.Iso8601"/>.</summary>
    public static TimeFormat Iso8601 => new(TimeFormatKind.Iso8601);

    /// <summary>The format <see cref="TimeFormatKind.UnixSeconds"/>.</summary>
    public static TimeFormat UnixSeconds => new(TimeFormatKind.UnixSeconds);

    /// <summary>The format <see cref="TimeFormatKind.UnixMilliseconds"/>.</summary>
    public static TimeFormat UnixMilliseconds => new(TimeFormatKind.UnixMilliseconds);

    /// <summary>The names that <see cref="TryParse"/> accepts, for messages.</summary>
    public static string Choices =>
        $"\"{DateTimeText}\", \"{DateText}\", \"{Iso8601Text}\", \"{UnixSecondsText}\", \"{UnixMillisecondsText}\", " +
        $"\"{SecondsFromText}{DateText}\" or \"{HoursFromText}{DateText}\"";

    /// <summary>Parses the name of a format, as schemas write it; <see cref="ToString"/> gives it back.</summary>
    /// <param name="text">The name, such as "unix-seconds".</param>
    /// <param name="format">The format; default if there is none of this name.</param>
    /// <returns>False if there is no such format.</returns>
    public static bool TryParse(string text, out TimeFormat format)
    {
        (format, var known) = text switch
        {
            DateTimeText => (DateTime, true),
            DateText => (Date, true),
            Iso8601Text => (Iso8601, true),
            UnixSecondsText => (UnixSeconds, true),
            UnixMillisecondsText => (UnixMilliseconds, true),
            _ => (default, false),
        };
        return known
            || TryParseStart(text, SecondsFromText, TimeFormatKind.SecondsFrom, out format)
            || TryParseStart(text, HoursFromText, TimeFormatKind.HoursFrom, out format);
    }

    public override string ToString() => Kind switch
    {
        TimeFormatKind.DateTime => DateTimeText,
        TimeFormatKind.Date => DateText,
        TimeFormatKind.Iso8601 => Iso8601Text,
        TimeFormatKind.UnixSeconds => UnixSecondsText,
        TimeFormatKind.UnixMilliseconds => UnixMillisecondsText,
        TimeFormatKind.SecondsFrom => SecondsFromText + StartText(),
        _ => HoursFromText + StartText(),
    };

    static bool TryParseStart(string text, string prefix, TimeFormatKind kind, out TimeFormat format)
    {
        format = default;
        if (!text.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        var start = Encoding.UTF8.GetBytes(text[prefix.Length..]);
        if (!TimeText.TryParseDate(start, out var milliseconds) && !TimeText.TryParseDateTime(start, out milliseconds))
            return false;
        format = new TimeFormat(kind, milliseconds);
        return true;
    }

    string StartText()
    {
        var start = DateTimeOffset.FromUnixTimeMilliseconds(StartUnixMilliseconds);
        return start.ToString(start.TimeOfDay == TimeSpan.Zero ? DateText : DateTimeText, CultureInfo.InvariantCulture);
    }
}
