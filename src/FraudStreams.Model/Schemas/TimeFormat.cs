using System.Globalization;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>The ways of writing a time that schemas can name.</summary>
public enum TimeFormatKind
{
    /// <summary>yyyy-MM-dd HH:mm:ss, taken as UTC.</summary>
    DateTime,

    /// <summary>yyyy-MM-dd, the midnight that begins it, UTC.</summary>
    Date,

    /// <summary>yyyy-MM-ddTHH:mm:ss with an optional fraction and Z or an offset ("iso-8601").</summary>
    Iso8601,

    /// <summary>Seconds since 1970-01-01 UTC.</summary>
    UnixSeconds,

    /// <summary>Milliseconds since 1970-01-01 UTC.</summary>
    UnixMilliseconds,

    /// <summary>Seconds since a stated start ("seconds-from 2013-09-01").</summary>
    SecondsFrom,

    /// <summary>Hours since a stated start ("hours-from 2017-01-01"), as simulations count their steps.</summary>
    HoursFrom,
}

/// <summary>
/// One way of writing a time. Times lie in 1800-01-01 to 2199-12-31, which holds births and events and catches a wrong unit.
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

    public TimeFormatKind Kind { get; }

    /// <summary>The start that seconds or hours count from; 0 for the other kinds.</summary>
    public long StartUnixMilliseconds { get; }

    public static TimeFormat DateTime => new(TimeFormatKind.DateTime);

    public static TimeFormat Date => new(TimeFormatKind.Date);

    public static TimeFormat Iso8601 => new(TimeFormatKind.Iso8601);

    public static TimeFormat UnixSeconds => new(TimeFormatKind.UnixSeconds);

    public static TimeFormat UnixMilliseconds => new(TimeFormatKind.UnixMilliseconds);

    /// <summary>What <see cref="TryParse"/> takes, for messages.</summary>
    public static string Choices =>
        $"\"{DateTimeText}\", \"{DateText}\", \"{Iso8601Text}\", \"{UnixSecondsText}\", \"{UnixMillisecondsText}\", " +
        $"\"{SecondsFromText}{DateText}\" or \"{HoursFromText}{DateText}\"";

    /// <summary>Reads a format's name as schemas write it; false when there is no such format.</summary>
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
