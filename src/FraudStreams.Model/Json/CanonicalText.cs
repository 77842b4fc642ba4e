using System.Buffers.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>
/// How a value is written when nothing but its schema is known: a number by the fewest digits that give the same double, a whole number
/// by its digits, a time in the first of its field's formats.
/// </summary>
static class CanonicalText
{
    /// <summary>Longer than any of these texts.</summary>
    internal const int Longest = 40;

    const int DigitsOfAnyDouble = 15;

    /// <summary>Writes a value that is no text, given by its cell's bits; gives the bytes written.</summary>
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

    /// <summary>Whether these are the characters that <see cref="Write"/> writes for the value that was read from them.</summary>
    internal static bool Is(SchemaField field, ReadOnlySpan<byte> written, long bits)
    {
        var plain = field.Type switch
        {
            FieldType.Number => IsShortest(written),
            FieldType.Time => IsOnlyForm(field.TimeFormats[0].Kind, written),
            _ => false,
        };
        if (plain)
            return true;
        Span<byte> usual = stackalloc byte[Longest];
        return usual[..Write(field, bits, usual)].SequenceEqual(written);
    }

    /// <summary>
    /// Up to fifteen digits survive the way through a double, so without idle zeros they are the fewest. False says nothing.
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
        // Small numbers are written with an exponent.
        return decimals.Length > 0 && decimals[^1] != '0' && !decimals.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && !(whole[0] == '0' && decimals.StartsWith("0000"u8));
    }

    /// <summary>A text of this length that was read as a time in one of these formats has the only form that they have.</summary>
    static bool IsOnlyForm(TimeFormatKind kind, ReadOnlySpan<byte> text) => kind switch
    {
        TimeFormatKind.DateTime => text.Length == 19 && text[10] == ' ',
        TimeFormatKind.Date => text.Length == 10 && text[4] == '-' && text[7] == '-',
        _ => false,
    };
}
