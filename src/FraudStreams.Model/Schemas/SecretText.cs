using System.Globalization;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>Masks values of secret fields, also where other texts repeat them.</summary>
public static class SecretText
{
    const string Hidden = "****";

    /// <summary>A shorter number would be found in others by chance.</summary>
    const int LeastDigits = 8;

    /// <summary>Signs between two digits of one number.</summary>
    const int MostBetween = 3;

    /// <summary>
    /// "****" and the last four digits of a number of at least eight digits ("****5483"), by which a card is recognised, and of a card's token; "****" for anything else.
    /// </summary>
    /// <param name="utf8">The value, in UTF-8.</param>
    public static string Mask(ReadOnlySpan<byte> utf8) => CardTokens.LastDigitsOf(utf8) is { Length: > 0 } digits ? Hidden + Encoding.ASCII.GetString(digits) :
        utf8.Length >= LeastDigits && !utf8.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? Hidden + Encoding.ASCII.GetString(utf8[^4..]) : Hidden;

    /// <summary>
    /// A field's value as it may leave the host: masked where the field is secret or the card; of any other field the payment's secret numbers are masked where it repeats them, and of a
    /// text the numbers of other cards too (<see cref="CardNumbers"/>), but for the id, which may be a long number itself, and one in ten of those looks like a card's.
    /// </summary>
    /// <param name="schema">The payment's.</param>
    /// <param name="field">Its index in the schema.</param>
    /// <param name="value">As text.</param>
    /// <param name="secrets">The values of the payment's secret fields; those of at least eight digits, and nothing but blanks and hyphens between them, are looked for.</param>
    public static string Shown(TransactionSchema schema, int field, string value, IEnumerable<string> secrets)
    {
        if (schema.IsSecret(field))
            return Mask(Encoding.UTF8.GetBytes(value));
        var shown = Without(value, secrets);
        return field == schema.IdField || schema.Fields[field].Type != FieldType.Text ? shown : CardNumbers.Masked(shown);
    }

    /// <summary>Any other text about a payment as it may leave the host: its secret numbers masked where it repeats them, and other card numbers.</summary>
    /// <inheritdoc cref="Shown(TransactionSchema, int, string, IEnumerable{string})"/>
    public static string Shown(string text, IEnumerable<string> secrets) => CardNumbers.Masked(Without(text, secrets));

    /// <summary>A text in which only these numbers are masked.</summary>
    /// <inheritdoc cref="Shown(TransactionSchema, int, string, IEnumerable{string})" path="/param[@name='secrets']"/>
    public static string Without(string text, IEnumerable<string> secrets)
    {
        foreach (var secret in secrets)
        {
            var digits = CardTokens.CanonicalOf(secret);
            if (digits.Length >= LeastDigits && digits.Length <= text.Length && !digits.AsSpan().ContainsAnyExceptInRange('0', '9'))
                text = WithoutNumber(text, digits);
        }

        return text;
    }

    /// <summary>In one run or in any groups, whatever signs and digits of whichever script they are written with.</summary>
    static string WithoutNumber(string text, string digits)
    {
        StringBuilder? without = null;
        var copied = 0;
        for (var at = 0; at <= text.Length - digits.Length; at++)
        {
            if (EndOf(text, at, digits) is not (> 0 and var end))
                continue;
            (without ??= new StringBuilder(text.Length)).Append(text, copied, at - copied).Append(Mask(Encoding.ASCII.GetBytes(digits)));
            copied = end;
            at = end - 1;
        }

        return without?.Append(text, copied, text.Length - copied).ToString() ?? text;
    }

    /// <summary>Where the number that begins here ends; 0 where none does.</summary>
    static int EndOf(string text, int at, string digits)
    {
        var (found, between) = (0, 0);
        for (; at < text.Length; at++)
        {
            if (CharUnicodeInfo.GetDecimalDigitValue(text[at]) == digits[found] - '0')
            {
                between = 0;
                if (++found == digits.Length)
                    return at + 1;
            }
            else if (found == 0 || char.IsLetterOrDigit(text[at]) || ++between > MostBetween)
            {
                return 0;
            }
        }

        return 0;
    }
}
