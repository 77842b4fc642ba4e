using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>How a column's values are written, as the schema's section csv says it.</summary>
sealed class DeclaredCsvValue
{
    static readonly SearchValues<byte> OfNumbers = SearchValues.Create("0123456789+-.,"u8);

    readonly CsvFormat _csv;
    readonly ImmutableArray<CsvTimeFormat> _times;
    readonly ImmutableArray<TimeFormat> _own;
    readonly bool _isCounted;
    readonly byte[][] _thousands;
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _fraud;
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _legitimate;
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _missing;

    DeclaredCsvValue(SchemaField field, CsvFormat csv)
    {
        _csv = csv;
        _times = field.Type == FieldType.Time ? csv.Times : [];
        _own = [.. field.TimeFormats];
        _isCounted = field.TimeFormats.Any(format => format.Kind is not (TimeFormatKind.DateTime or TimeFormatKind.Date or TimeFormatKind.Iso8601));
        _thousands = csv.Thousands switch
        {
            null => [],
            ' ' => [" "u8.ToArray(), "\u00A0"u8.ToArray(), "\u202F"u8.ToArray()],
            var mark => [Encoding.UTF8.GetBytes([mark.Value])],
        };
        (_fraud, _legitimate, _missing) = (Words(csv.Fraud), Words(csv.Legitimate), Words(csv.Missing));
    }

    /// <summary>Null where nothing is said of such a field.</summary>
    internal static DeclaredCsvValue? Of(CsvValueKind kind, SchemaField field, CsvFormat csv) =>
        kind != CsvValueKind.Identity
        && ((field.Optional && !csv.Missing.IsEmpty)
            || (field.Type == FieldType.Time && !csv.Times.IsEmpty)
            || (field.Type is FieldType.Number or FieldType.Integer && (csv.Decimal ?? csv.Thousands) is not null)
            || (kind == CsvValueKind.Label && !(csv.Fraud.IsEmpty && csv.Legitimate.IsEmpty)))
            ? new DeclaredCsvValue(field, csv)
            : null;

    /// <summary>Reads a value that is written as declared; false where it is not, and is read as in a file of which nothing is said.</summary>
    /// <param name="text">Not blank at either end.</param>
    internal bool TryRead(scoped in CsvValue value, ReadOnlySpan<byte> text, byte separator, Span<byte> into, out ReadOnlySpan<byte> read)
    {
        read = default;
        if (text.Length is 0 or >= CsvValue.Longest)
            return false;
        if (value.Optional && IsOneOf(text, _missing))
            return true;
        if (value.Kind == CsvValueKind.Label)
        {
            read = IsOneOf(text, _fraud) ? "1"u8 : IsOneOf(text, _legitimate) ? "0"u8 : default;
            if (!read.IsEmpty)
                return true;
        }

        if (!_times.IsEmpty)
            return TryReadTime(text, into, out read);
        return value.Kind is CsvValueKind.Number or CsvValueKind.Label && (_csv.Decimal ?? _csv.Thousands) is not null && TryReadNumber(text, separator, into, out read);
    }

    /// <summary>A time that is counted from a start is read as such wherever it is a number.</summary>
    bool TryReadTime(ReadOnlySpan<byte> text, Span<byte> into, out ReadOnlySpan<byte> read)
    {
        read = default;
        if (_isCounted && NumberText.TryParse(text, out _))
            return false;
        foreach (var format in _times)
        {
            if (!format.TryRead(text, out var time) || time is < TimeFormat.Earliest or > TimeFormat.Latest)
                continue;

            // In the first format of the field that keeps the time, but for parts of a second. A clock that none of them has is left to be rejected.
            foreach (var own in _own)
            {
                var written = into[..TimeText.Write(own, time, into)];
                if (!TimeText.TryParse(own, written, out var kept) || Math.Abs(time - kept) >= 1_000)
                    continue;
                read = written;
                return true;
            }
        }

        // Where it is said how days are written, 31.02.2025 is not read by guess, and is shown as it is.
        if (text.Length < 10 || text[2] != '.' || text[5] != '.')
            return false;
        read = text;
        return true;
    }

    /// <summary>A number with the marks that are declared. Beside a decimal comma a point that is not declared to group digits makes it no number.</summary>
    bool TryReadNumber(ReadOnlySpan<byte> text, byte separator, Span<byte> into, out ReadOnlySpan<byte> read)
    {
        read = default;
        if (!text.ContainsAnyInRange((byte)'0', (byte)'9'))
            return false;
        var mark = _csv.Decimal is { } declared ? (byte)declared : _csv.Thousands is null && separator != ',' && text.Contains((byte)',') ? (byte)',' : (byte)'.';
        var at = text.IndexOf(mark);
        var whole = at < 0 ? text : text[..at];
        var fraction = at < 0 ? default : text[(at + 1)..];
        var length = 0;
        ReadOnlySpan<byte> thousands = default;
        foreach (var written in _thousands)
        {
            if (whole.IndexOf(written) >= 0)
                thousands = written;
        }

        if (!thousands.IsEmpty)
        {
            if (whole[0] is (byte)'-' or (byte)'+')
            {
                into[length++] = whole[0];
                whole = whole[1..];
            }

            for (var first = true; ; first = false)
            {
                var end = whole.IndexOf(thousands);
                var group = end < 0 ? whole : whole[..end];
                if (group.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (first ? group.Length is 0 or > 3 : group.Length != 3))
                    return AsNoNumber(text, into, out read);
                group.CopyTo(into[length..]);
                length += group.Length;
                if (end < 0)
                    break;
                whole = whole[(end + thousands.Length)..];
            }
        }
        else if (mark == ',' && text.Contains((byte)'.') && !text.ContainsAnyExcept(OfNumbers))
        {
            return AsNoNumber(text, into, out read);
        }
        else
        {
            whole.CopyTo(into);
            length = whole.Length;
        }

        if (at >= 0)
        {
            into[length++] = (byte)'.';
            fraction.CopyTo(into[length..]);
            length += fraction.Length;
        }

        read = into[..length];
        return true;
    }

    /// <summary>With an apostrophe before it, as spreadsheets keep a text, 1.234 is not read as a little more than 1.</summary>
    static bool AsNoNumber(ReadOnlySpan<byte> text, Span<byte> into, out ReadOnlySpan<byte> read)
    {
        into[0] = (byte)'\'';
        text.CopyTo(into[1..]);
        read = into[..(text.Length + 1)];
        return true;
    }

    static bool IsOneOf(ReadOnlySpan<byte> text, HashSet<string>.AlternateLookup<ReadOnlySpan<char>> words)
    {
        if (words.Set.Count == 0)
            return false;
        Span<char> chars = stackalloc char[CsvValue.Longest];
        return Encoding.UTF8.TryGetChars(text, chars, out var written) && words.Contains(chars[..written]);
    }

    static HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Words(ImmutableArray<string> words) =>
        new HashSet<string>(words, StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
}
