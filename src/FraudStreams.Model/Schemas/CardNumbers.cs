namespace FraudStreams.Model.Schemas;

/// <summary>
/// Finds card numbers in any text: 13 to 19 digits that stand by themselves, begin with 2 to 9 and end with their check digit (Luhn, ISO/IEC 7812-1). One in
/// ten numbers of that form passes by chance; a time in milliseconds (begins with 1), the digits behind a decimal point and those of a hash do not have it.
/// </summary>
public static class CardNumbers
{
    const int Shortest = 13;
    const int Longest = 19;
    const int ShownDigits = 4;

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
            utf8.Slice(start, length - ShownDigits).Fill((byte)'*');
            utf8 = utf8[(start + length)..];
            isFound = true;
        }

        return isFound;
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
            if (length is >= Shortest and <= Longest && text[start] >= '2' && !(isText && IsPartOfMore(text, start, length)) && HasCheckDigit(text.Slice(start, length)))
                return true;
            start += length;
        }
    }

    /// <summary>The digits of a fraction, a hash, a name or a base64 text are no number by themselves.</summary>
    static bool IsPartOfMore(ReadOnlySpan<byte> text, int start, int length) =>
        (start > 0 && (IsOfWord(text[start - 1]) || text[start - 1] is (byte)'.' or (byte)'+' or (byte)'/'))
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
