using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// Finds card numbers in any text: 13 to 19 digits that stand by themselves, begin with 2 to 9 and end with their check digit (Luhn, ISO/IEC 7812-1), in one
/// run or in the groups in which cards show them, with blanks or hyphens between. One in ten numbers of that form passes by chance; a time in milliseconds
/// (begins with 1), the digits behind a decimal point and those of a hash do not have it.
/// </summary>
public static class CardNumbers
{
    const int Shortest = 13;
    const int Longest = 19;
    const int ShownDigits = 4;

    /// <summary>Digits of the groups behind the first four.</summary>
    static readonly int[][] s_groups = [[4, 4, 4, 3], [4, 4, 4], [6, 5], [6, 4]];

    /// <summary>How many card numbers stand in a text, or in a file of another form: there anything but a digit ends a number.</summary>
    /// <param name="utf8">Text has no byte 0.</param>
    public static int Count(ReadOnlySpan<byte> utf8)
    {
        var (count, isText) = (0, !utf8.Contains((byte)0));
        while (TryFind(utf8, isText, out var start, out var length))
        {
            count++;
            utf8 = utf8[(start + length)..];
        }

        return count;
    }

    /// <summary>Replaces each card number but its last four digits with stars, in place.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Mask(Span<byte> utf8)
    {
        var isFound = false;
        while (TryFind(utf8, isText: true, out var start, out var length))
        {
            var number = utf8.Slice(start, length);
            for (var (at, digits) = (number.Length - 1, 0); at >= 0; at--)
            {
                if (char.IsAsciiDigit((char)number[at]) && ++digits > ShownDigits)
                    number[at] = (byte)'*';
            }

            utf8 = utf8[(start + length)..];
            isFound = true;
        }

        return isFound;
    }

    /// <summary>A text with each card number in it masked.</summary>
    public static string Masked(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Mask(utf8) ? Encoding.UTF8.GetString(utf8) : text;
    }

    static bool TryFind(ReadOnlySpan<byte> text, bool isText, out int start, out int length)
    {
        start = 0;
        while (true)
        {
            var next = text[start..].IndexOfAnyInRange((byte)'0', (byte)'9');
            if (next < 0)
            {
                length = 0;
                return false;
            }

            start += next;
            length = text[start..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (length < 0)
                length = text.Length - start;
            if (IsNumber(text, isText, start, length))
                return true;
            var first = length;
            if (isText && first == s_groups[0][0])
            {
                foreach (var groups in s_groups)
                {
                    length = first + LengthOf(text[(start + first)..], groups);
                    if (length > first && IsNumber(text, isText, start, length))
                        return true;
                }
            }

            start += first;
        }
    }

    static bool IsNumber(ReadOnlySpan<byte> text, bool isText, int start, int length)
    {
        if (length < Shortest || text[start] < '2' || (isText && IsPartOfMore(text, start, length)))
            return false;
        Span<byte> digits = stackalloc byte[Longest];
        var count = 0;
        foreach (var sign in text.Slice(start, length))
        {
            if (!char.IsAsciiDigit((char)sign))
                continue;
            if (count == Longest)
                return false;
            digits[count++] = sign;
        }

        return HasCheckDigit(digits[..count]);
    }

    /// <summary>How far groups of these lengths reach, one sign before each and the same before all; 0 where a text has others.</summary>
    static int LengthOf(ReadOnlySpan<byte> text, int[] groups)
    {
        var at = 0;
        foreach (var group in groups)
        {
            if (text.Length <= at + group || text[at] is not ((byte)' ' or (byte)'-') || text[at] != text[0] || text.Slice(at + 1, group).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                return 0;
            at += group + 1;
        }

        return at < text.Length && char.IsAsciiDigit((char)text[at]) ? 0 : at;
    }

    /// <summary>The digits of a fraction, a hash or a name are no number by themselves; behind an escape, such as \n, they are.</summary>
    static bool IsPartOfMore(ReadOnlySpan<byte> text, int start, int length) =>
        (start > 0 && ((IsOfWord(text[start - 1]) && !(start > 1 && text[start - 2] == '\\')) || text[start - 1] == '.'))
        || (start + length < text.Length && (IsOfWord(text[start + length]) || (text[start + length] == '.' && start + length + 1 < text.Length && char.IsAsciiDigit((char)text[start + length + 1]))));

    static bool IsOfWord(byte sign) => char.IsAsciiLetterOrDigit((char)sign) || sign == '_';

    static bool HasCheckDigit(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var place = 0; place < digits.Length; place++)
        {
            var digit = digits[digits.Length - 1 - place] - '0';
            sum += place % 2 == 0 ? digit : digit > 4 ? (2 * digit) - 9 : 2 * digit;
        }

        return sum % 10 == 0;
    }
}
