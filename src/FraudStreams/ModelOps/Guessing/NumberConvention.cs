using System.Globalization;

namespace FraudStreams.ModelOps.Guessing;

/// <summary>A decimal mark and, where numbers have groups of three digits, what stands between them.</summary>
sealed record NumberConvention(char Decimal, char? Thousands)
{
    /// <summary>The commonest first: of those that read as much, it is taken.</summary>
    public static readonly NumberConvention[] All =
    [
        new('.', null), new('.', ','), new(',', null), new(',', '.'), new(',', ' '), new(',', '\u00A0'), new(',', '\u202F'), new('.', ' '), new('.', '\''), new('.', '\u2019'),
    ];

    readonly NumberFormatInfo _format = new() { NumberDecimalSeparator = Decimal.ToString(), NumberGroupSeparator = (Thousands ?? '\0').ToString() };

    /// <summary>Reads a number whose groups, where it has any, are of three digits.</summary>
    public bool TryRead(string text, out double number)
    {
        number = double.NaN;
        if (text.Length == 0 || !char.IsAsciiDigit(text[^1]))
            return false;
        if (Thousands is not { } mark || !text.Contains(mark))
            return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, _format, out number);
        var whole = text.Split(Decimal)[0].TrimStart('-', '+').Split(mark);
        return whole[0].Length is >= 1 and <= 3 && whole.Skip(1).All(group => group.Length == 3)
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, _format, out number);
    }
}
