using System.Globalization;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// How a time is written in a file: a name of <see cref="TimeFormat"/>, or a pattern of year, month, day and clock in .NET's letters (yyyy or yy, MM or M or MMM,
/// dd or d, HH or H, hh or h with tt, mm, ss, fff, zzz; other text in single quotes), such as "dd.MM.yyyy HH:mm". Months have English names. A time without an
/// offset is UTC.
/// </summary>
public readonly record struct CsvTimeFormat
{
    const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>All parts differ, so that a pattern with mm for MM is noticed.</summary>
    static readonly DateTime Example = new(2021, 11, 23, 16, 37, 48, DateTimeKind.Utc);

    readonly TimeFormat _named;
    readonly string? _pattern;

    CsvTimeFormat(TimeFormat named, string? pattern) => (_named, _pattern) = (named, pattern);

    /// <summary>The format <see cref="TimeFormatKind.Iso8601"/>.</summary>
    public static CsvTimeFormat Iso8601 => new(TimeFormat.Iso8601, null);

    /// <summary>Parses the name or pattern, as schemas write it; <see cref="ToString"/> gives it back.</summary>
    /// <param name="problem">What is wrong with it; null if it is right.</param>
    public static CsvTimeFormat Parse(string text, out string? problem)
    {
        problem = null;
        if (TimeFormat.TryParse(text, out var named))
            return new(named, null);
        try
        {
            // A date whose parts are read back from what was written has year, month and day in it.
            var written = Example.ToString(text, CultureInfo.InvariantCulture);
            if (text.Length < 2 || !DateTime.TryParseExact(written, text, CultureInfo.InvariantCulture, Utc, out var read) || read.Date != Example.Date)
                problem = $"\"{text}\" has no whole date: MM is the month (mm the minute), dd the day, yyyy the year";
            else if (read.TimeOfDay != TimeSpan.Zero && read.Hour != Example.Hour)
                problem = $"\"{text}\" has no whole clock: HH is the hour from 0 to 23; hh needs tt";
        }
        catch (FormatException)
        {
            problem = $"\"{text}\" is no pattern of a time; dd.MM.yyyy HH:mm:ss is one";
        }
        return new(default, text);
    }

    /// <summary>Parses all of a text; false where it is written in another way.</summary>
    public bool TryRead(string text, out long unixMilliseconds) => TryRead(Encoding.UTF8.GetBytes(text), out unixMilliseconds);

    public override string ToString() => _pattern ?? _named.ToString();

    /// <summary>Parses all of a text of at most some hundred bytes.</summary>
    internal bool TryRead(ReadOnlySpan<byte> text, out long unixMilliseconds)
    {
        if (_pattern is null)
            return TimeText.TryParse(_named, text, out unixMilliseconds);
        unixMilliseconds = 0;
        Span<char> chars = stackalloc char[text.Length];
        if (!Ascii.IsValid(text) || !DateTime.TryParseExact(chars[..Encoding.ASCII.GetChars(text, chars)], _pattern, CultureInfo.InvariantCulture, Utc, out var time))
            return false;
        unixMilliseconds = (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        return true;
    }

    /// <summary>Writes a time; reading it need not give all of it back.</summary>
    internal int Write(long unixMilliseconds, Span<byte> into)
    {
        if (_pattern is null)
            return TimeText.Write(_named, unixMilliseconds, into);
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).UtcDateTime.TryFormat(into, out var written, _pattern, CultureInfo.InvariantCulture);
        return written;
    }
}
