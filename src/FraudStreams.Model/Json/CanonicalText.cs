using System.Buffers.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// The canonical text of a value, which follows from the value and its schema field alone: a number in the fewest digits that parse to the
/// same double, a whole number in its digits, a time in the first of its field's formats.
/// </summary>
static class CanonicalText
{
    /// <summary>Upper bound of the length of a canonical text, in bytes.</summary>
    internal const int Longest = 40;

    const int DigitsOfAnyDouble = 15;
    const long NegativeZero = long.MinValue;

    /// <summary>Writes a value other than a text, given as its cell's bits. Returns the number of bytes written.</summary>
    internal static int Write(SchemaField field, long bits, Span<byte> into)
    {
        var written = 0;
        switch (field.Type)
        {
            case FieldType.Number:
                BitConverter.Int64BitsToDouble(bits).TryFormat(into, out written);
                return written;
            case FieldType.Integer:
                Utf8Formatter.TryFormat(bits, into, out written);
                return written;
            default:
                return TimeText.Write(field.TimeFormats[0], bits, into);
        }
    }

    /// <summary>Whether the text that a value was parsed from is the value's canonical text, as <see cref="Write"/> writes it.</summary>
    internal static bool Is(SchemaField field, ReadOnlySpan<byte> written, long bits)
    {
        // SQLite keeps a real without a fraction as an integer, and so a zero without its sign.
        if (field.Type == FieldType.Number && bits == NegativeZero)
            return false;
        var isCanonical = field.Type switch
        {
            FieldType.Number => IsShortest(written),
            FieldType.Time => IsOnlyForm(field.TimeFormats[0].Kind, written),
            _ => false,
        };
        if (isCanonical)
            return true;
        Span<byte> canonical = stackalloc byte[Longest];
        return canonical[..Write(field, bits, canonical)].SequenceEqual(written);
    }

    /// <summary>
    /// Fast path: up to fifteen digits survive conversion to double and back, so without redundant zeros they are the fewest. False means
    /// unknown.
    /// </summary>
    static bool IsShortest(ReadOnlySpan<byte> text)
    {
        if (text[0] == '-')
            text = text[1..];
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        if (whole.IsEmpty || text.Length > DigitsOfAnyDouble || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        if (whole[0] == '0' && (whole.Length > 1 || point < 0))
            return false;
        if (point < 0)
            return true;
        var decimals = text[(point + 1)..];
        // Small numbers have an exponent in canonical form.
        return decimals.Length > 0 && decimals[^1] != '0' && !decimals.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && !(whole[0] == '0' && decimals.StartsWith("0000"u8));
    }

    /// <summary>Fast path: a text of this shape that was parsed in one of these formats is canonical, as they have only one form.</summary>
    static bool IsOnlyForm(TimeFormatKind kind, ReadOnlySpan<byte> text) => kind switch
    {
        TimeFormatKind.DateTime => text.Length == 19 && text[10] == ' ',
        TimeFormatKind.Date => text.Length == 10 && text[4] == '-' && text[7] == '-',
        _ => false,
    };
}
