using System.Buffers.Text;
using System.Globalization;

namespace FraudStreams.Model.Schemas;

/// <summary>Parses numbers from UTF-8 text, without allocating strings.</summary>
static class NumberText
{
    const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The powers of ten that a double represents exactly.</summary>
    static readonly double[] ExactPowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>
    /// Parses all of <paramref name="text"/> to the nearest double. Accepts "NaN" and "Infinity", and a number out of range becomes infinite: the
    /// caller checks for finite numbers. Spaces, group separators and hexadecimal are not accepted.
    /// </summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        // Clinger's fast path (How to Read Floating Point Numbers Accurately, 1990): with at most 15 digits and an exact power of ten, one
        // division rounds once, so the result is the nearest double. Amounts and coordinates usually take this path.
        var i = 0;
        var negative = text.Length > 0 && text[0] == '-';
        if (negative)
            i = 1;
        ulong digits = 0;
        var start = i;
        while (i < text.Length && (uint)(text[i] - '0') <= 9)
            digits = (digits * 10) + (uint)(text[i++] - '0');
        var count = i - start;
        var decimals = 0;
        if (i < text.Length && text[i] == '.')
        {
            start = ++i;
            while (i < text.Length && (uint)(text[i] - '0') <= 9)
                digits = (digits * 10) + (uint)(text[i++] - '0');
            decimals = i - start;
            count += decimals;
        }
        if (i == text.Length && count is > 0 and <= 15)
        {
            value = digits / ExactPowersOfTen[decimals];
            if (negative)
                value = -value;
            return true;
        }
        return double.TryParse(text, Plain, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>
    /// Parses all of <paramref name="text"/> to a whole number: digits, or a decimal number whose value is whole and at most 2⁵³.
    /// </summary>
    internal static bool TryParseWhole(ReadOnlySpan<byte> text, out long value)
    {
        if (Utf8Parser.TryParse(text, out value, out var consumed) && consumed == text.Length)
            return true;
        const double exact = 1L << 53;
        if (!TryParse(text, out var number) || !(Math.Abs(number) <= exact) || number != Math.Floor(number))
            return false;
        value = (long)number;
        return true;
    }

    /// <summary>Whether the bytes are a valid JSON number (RFC 8259, section 6).</summary>
    internal static bool IsJsonNumber(ReadOnlySpan<byte> text)
    {
        var i = text.Length > 0 && text[0] == '-' ? 1 : 0;
        if (i == text.Length)
            return false;
        if (text[i] == '0')
            i++;
        else if (!SkipDigits(text, ref i))
            return false;
        if (i < text.Length && text[i] == '.')
        {
            i++;
            if (!SkipDigits(text, ref i))
                return false;
        }
        if (i < text.Length && (text[i] | 0x20) == 'e')
        {
            i++;
            if (i < text.Length && text[i] is (byte)'+' or (byte)'-')
                i++;
            if (!SkipDigits(text, ref i))
                return false;
        }
        return i == text.Length;
    }

    static bool SkipDigits(ReadOnlySpan<byte> text, ref int i)
    {
        var start = i;
        while (i < text.Length && (uint)(text[i] - '0') <= 9)
            i++;
        return i > start;
    }
}
