namespace FraudStreams.Model.Schemas;

/// <summary>Converts times between UTF-8 text and Unix milliseconds, without allocating strings.</summary>
static class TimeText
{
    const long Second = 1000;
    const long Minute = 60 * Second;
    const long Hour = 60 * Minute;
    internal const long Day = 24 * Hour;

    /// <summary>
    /// Parses <paramref name="text"/> in <paramref name="format"/>. Does not check the valid range (<see cref="TimeFormat.Earliest"/> to <see
    /// cref="TimeFormat.Latest"/>), so that the caller can tell a wrong unit from a wrong text.
    /// </summary>
    internal static bool TryParse(TimeFormat format, ReadOnlySpan<byte> text, out long unixMilliseconds)
    {
        switch (format.Kind)
        {
            case TimeFormatKind.DateTime:
                return TryParseDateTime(text, out unixMilliseconds);
            case TimeFormatKind.Date:
                return TryParseDate(text, out unixMilliseconds);
            case TimeFormatKind.Iso8601:
                return TryParseIso8601(text, out unixMilliseconds);
            default:
                // A spreadsheet's 1.36E+09 has lost its days. Seconds since a start are small, and R writes 1e+05 for exactly that.
                unixMilliseconds = 0;
                return (format.Kind is not (TimeFormatKind.UnixSeconds or TimeFormatKind.UnixMilliseconds) || text.IndexOfAny((byte)'e', (byte)'E') < 0)
                    && TryParseCount(text, UnitOf(format.Kind), format.StartUnixMilliseconds, out unixMilliseconds);
        }
    }

    internal static bool TryParseDate(ReadOnlySpan<byte> text, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        if (text.Length != 10 || text[4] != '-' || text[7] != '-')
            return false;
        var year = Digits(text[..4]);
        var month = Digits(text[5..7]);
        var day = Digits(text[8..]);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        unixMilliseconds = DaysFromCivil(year, month, day) * Day;
        return true;
    }

    internal static bool TryParseDateTime(ReadOnlySpan<byte> text, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        return text.Length == 19 && text[10] == ' ' && TryParseDate(text[..10], out var date)
            && TryAddClock(text[11..], date, out unixMilliseconds);
    }

    internal static bool TryParseIso8601(ReadOnlySpan<byte> text, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        if (text.Length < 20 || text[10] != 'T'
            || !TryParseDate(text[..10], out var date) || !TryAddClock(text[11..19], date, out var time))
            return false;
        var rest = text[19..];
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits is < 1 or > 9)
                return false;
            for (int i = 1, unit = 100; i <= Math.Min(digits, 3); i++, unit /= 10)
                time += (rest[i] - '0') * unit;
            rest = rest[(digits + 1)..];
        }
        if (rest.Length == 1 && rest[0] == 'Z')
        {
            unixMilliseconds = time;
            return true;
        }
        if (rest.Length != 6 || rest[0] is not ((byte)'+' or (byte)'-') || rest[3] != ':')
            return false;
        int hours = Digits(rest[1..3]), minutes = Digits(rest[4..]);
        if (hours is < 0 or > 14 || minutes is < 0 or > 59)
            return false;
        var offset = (hours * Hour) + (minutes * Minute);
        unixMilliseconds = rest[0] == '+' ? time - offset : time + offset;
        return true;
    }

    /// <summary>Writes a time so that parsing it in the same format gives it back; needs at most 40 bytes.</summary>
    internal static int Write(TimeFormat format, long unixMilliseconds, Span<byte> into)
    {
        var written = 0;
        switch (format.Kind)
        {
            case TimeFormatKind.DateTime:
                DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).TryFormat(into, out written, "yyyy-MM-dd HH:mm:ss");
                return written;
            case TimeFormatKind.Date:
                DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).TryFormat(into, out written, "yyyy-MM-dd");
                return written;
            case TimeFormatKind.Iso8601 when unixMilliseconds % Second == 0:
                DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).TryFormat(into, out written, "yyyy-MM-dd'T'HH:mm:ss'Z'");
                return written;
            case TimeFormatKind.Iso8601:
                return WriteIso8601(unixMilliseconds, into);
            default:
                ((unixMilliseconds - format.StartUnixMilliseconds) / (double)UnitOf(format.Kind)).TryFormat(into, out written);
                return written;
        }
    }

    /// <summary>Writes yyyy-MM-ddTHH:mm:ss.fffZ, 24 bytes, for a year with four digits.</summary>
    internal static int WriteIso8601(long unixMilliseconds, Span<byte> into)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds);
        time.TryFormat(into, out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        return written;
    }

    static bool TryAddClock(ReadOnlySpan<byte> text, long date, out long time)
    {
        int hour = Digits(text[..2]), minute = Digits(text[3..5]), second = Digits(text[6..]);
        time = date + (hour * Hour) + (minute * Minute) + (second * Second);
        return text[2] == ':' && text[5] == ':' && hour is >= 0 and < 24 && minute is >= 0 and < 60 && second is >= 0 and < 60;
    }

    static long UnitOf(TimeFormatKind kind) => kind switch
    {
        TimeFormatKind.UnixMilliseconds => 1,
        TimeFormatKind.HoursFrom => Hour,
        _ => Second,
    };

    static bool TryParseCount(ReadOnlySpan<byte> text, long unit, long start, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        if (!NumberText.TryParse(text, out var count) || !double.IsFinite(count))
            return false;
        // Far out of the valid range, and close to what a long cannot hold.
        var milliseconds = Math.Round(count * unit);
        unixMilliseconds = Math.Abs(milliseconds) < 1e17 ? start + (long)milliseconds : long.MaxValue;
        return true;
    }

    static int Digits(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
                return -1;
            value = (value * 10) + (c - '0');
        }
        return value;
    }

    /// <summary>
    /// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that the leap day is the last of a year.
    /// </summary>
    static long DaysFromCivil(int year, int month, int day)
    {
        var y = month <= 2 ? year - 1 : year;
        var monthFromMarch = (month + 9) % 12;
        return (365L * y) + (y / 4) - (y / 100) + (y / 400) + (((153 * monthFromMarch) + 2) / 5) + day - 1 - 719_468;
    }
}
