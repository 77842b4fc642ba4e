using System.Buffers;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Csv;

/// <summary>
/// Which ways of writing a column's values are read beside the one that its field takes. Spreadsheets, statistics programs and exports of databases write
/// what their locale or type says: a decimal comma, TRUE for a label, a day as 31.01.2013, NA for nothing. Only what has a single meaning is
/// read, or what the schema's section csv says; everything else keeps its text and is rejected for it.
/// </summary>
/// <param name="Kind">What the field holds.</param>
/// <param name="Optional">Whether a mark for a missing value stands for none.</param>
/// <param name="Declared">What the section csv says of such values; null where it says nothing.</param>
readonly record struct CsvValue(CsvValueKind Kind, bool Optional, DeclaredCsvValue? Declared = null)
{
    /// <summary>No changed text is longer.</summary>
    internal const int Longest = 64;

    /// <summary>By how many bytes a changed text can be longer: a time of six digits as ISO 8601.</summary>
    internal const int Growth = 20;

    static readonly SearchValues<byte> OfNumbers = SearchValues.Create("0123456789+-.eE"u8);
    static readonly SearchValues<string> MissingMarks = SearchValues.Create(
        ["NA", "N/A", "NaN", "NULL", "None", "<NA>", "NaT", "#N/A", "#NV", "#VALUE!", "#WERT!", "#VALEUR!"], StringComparison.OrdinalIgnoreCase);
    static readonly SearchValues<string> True = SearchValues.Create(["TRUE", "WAHR", "VRAI", "T"], StringComparison.OrdinalIgnoreCase);
    static readonly SearchValues<string> False = SearchValues.Create(["FALSE", "FALSCH", "FAUX", "F"], StringComparison.OrdinalIgnoreCase);

    /// <param name="csv">How the file is written.</param>
    internal static CsvValue Of(TransactionSchema schema, int field, CsvFormat csv)
    {
        var (type, formats) = (schema.Fields[field].Type, schema.Fields[field].TimeFormats);
        var kind = field == schema.IdField || field == schema.CardField ? CsvValueKind.Identity
            : field == schema.LabelField ? CsvValueKind.Label
            : type switch
            {
                FieldType.Number or FieldType.Integer => CsvValueKind.Number,
                FieldType.Time when formats.All(format => format.Kind == TimeFormatKind.DateTime) => CsvValueKind.DateTime,
                FieldType.Time when formats.All(format => format.Kind == TimeFormatKind.Date) => CsvValueKind.Date,
                FieldType.Time when formats.All(format => format.Kind is not (TimeFormatKind.DateTime or TimeFormatKind.Date or TimeFormatKind.Iso8601)) => CsvValueKind.Number,
                _ => CsvValueKind.Text,
            };
        return new CsvValue(kind, schema.Fields[field].Optional, DeclaredCsvValue.Of(kind, schema.Fields[field], csv));
    }

    /// <summary>The text as the field takes it; the same text where it is no other way of writing that is known.</summary>
    /// <param name="text">Without quotes.</param>
    /// <param name="separator">The file's: beside any but a comma, a comma is a decimal mark.</param>
    /// <param name="into">At least <see cref="Longest"/> bytes, for a text that changes.</param>
    internal ReadOnlySpan<byte> Read(ReadOnlySpan<byte> text, byte separator, Span<byte> into)
    {
        if (Declared is not null && !text.IsEmpty && Declared.TryRead(this, text.Trim((byte)' '), separator, into, out var read))
            return read;
        if (Kind == CsvValueKind.Text)
            return text;
        if (Kind == CsvValueKind.Identity)
            return Identity(text);
        if (!text.ContainsAnyExcept(OfNumbers) && Kind is CsvValueKind.Number or CsvValueKind.Label)
            return text;
        text = text.Trim((byte)' ');
        if (text.Length is 0 or > Longest)
            return text;
        if (Optional && IsOneOf(text, MissingMarks))
            return default;
        return Kind switch
        {
            CsvValueKind.Number => Number(text, separator, into),
            CsvValueKind.Label => IsOneOf(text, True) ? "1"u8 : IsOneOf(text, False) ? "0"u8 : Number(text, separator, into),
            CsvValueKind.DateTime => DateTime(text, into),
            _ => Date(text, into),
        };
    }

    /// <summary>An id or a card: ="4000…" is how a text is kept from a spreadsheet, and a mark for a missing value is no id.</summary>
    static ReadOnlySpan<byte> Identity(ReadOnlySpan<byte> text)
    {
        if (text.Length >= 3 && text.StartsWith("=\""u8) && text[^1] == '"')
            return text[2..^1];
        return text.Length is 0 or > 10 || !IsOneOf(text, MissingMarks) ? text : default;
    }

    static ReadOnlySpan<byte> Number(ReadOnlySpan<byte> text, byte separator, Span<byte> into)
    {
        var comma = text.IndexOf((byte)',');
        if (separator == ',' || comma < 0 || text.Contains((byte)'.') || text[(comma + 1)..].Contains((byte)','))
            return text;
        text.CopyTo(into);
        into[comma] = (byte)'.';
        return into[..text.Length];
    }

    /// <summary>yyyy-MM-dd HH:mm:ss, of which seconds, or the clock at midnight, may be left out, and a T, a fraction of zero or a Z be there; or dd.MM.yyyy before it.</summary>
    static ReadOnlySpan<byte> DateTime(ReadOnlySpan<byte> text, Span<byte> into)
    {
        if ((text.Length == 19 && text[10] == ' ' && text[4] == '-') || !TryDate(text, into))
            return text;
        " 00:00:00"u8.CopyTo(into[10..]);
        return text.Length == 10 || TryClock(text[10..], into[10..19]) ? into[..19] : text;
    }

    static ReadOnlySpan<byte> Date(ReadOnlySpan<byte> text, Span<byte> into)
    {
        if ((text.Length == 10 && text[4] == '-') || !TryDate(text, into))
            return text;
        Span<byte> clock = stackalloc byte[9];
        " 00:00:00"u8.CopyTo(clock);
        return (text.Length == 10 || TryClock(text[10..], clock)) && clock.SequenceEqual(" 00:00:00"u8) ? into[..10] : text;
    }

    /// <summary>Writes the day with which a text begins as yyyy-MM-dd.</summary>
    static bool TryDate(ReadOnlySpan<byte> text, Span<byte> into)
    {
        if (text.Length < 10)
            return false;
        if (text[4] == '-' && text[7] == '-')
        {
            text[..10].CopyTo(into);
            return true;
        }

        // Points are the German way, day first. With slashes day and month cannot be told apart.
        if (text[2] != '.' || text[5] != '.')
            return false;
        text[6..10].CopyTo(into);
        into[4] = into[7] = (byte)'-';
        text[3..5].CopyTo(into[5..]);
        text[..2].CopyTo(into[8..]);
        return true;
    }

    /// <summary>Reads " HH:mm", " HH:mm:ss" or " HH:mm:ss.000", with a T in place of the space and Z or +00:00 behind it.</summary>
    static bool TryClock(ReadOnlySpan<byte> text, Span<byte> into)
    {
        text = text.EndsWith("Z"u8) ? text[..^1] : text.EndsWith("+00:00"u8) ? text[..^6] : text;
        if (text.Length > 10 && text[9] == '.' && !text[10..].ContainsAnyExcept((byte)'0'))
            text = text[..9];
        if (text.Length is not (6 or 9) || text[0] is not ((byte)' ' or (byte)'T'))
            return false;
        text[1..].CopyTo(into[1..]);
        return true;
    }

    static bool IsOneOf(ReadOnlySpan<byte> text, SearchValues<string> words) =>
        text.Length <= 10 && Ascii.IsValid(text) && words.Contains(Encoding.ASCII.GetString(text));
}

enum CsvValueKind
{
    /// <summary>Any text: read as it is.</summary>
    Text,

    /// <summary>An id or card.</summary>
    Identity,

    /// <summary>A number, or a time that is counted from a start.</summary>
    Number,

    /// <summary>1 or 0.</summary>
    Label,

    /// <summary>yyyy-MM-dd HH:mm:ss.</summary>
    DateTime,

    /// <summary>yyyy-MM-dd.</summary>
    Date,
}
