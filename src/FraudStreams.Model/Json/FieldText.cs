using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Schemas;
using static FraudStreams.Model.Schemas.TransactionRows;

namespace FraudStreams.Model.Json;

/// <summary>Parses the text of a field into its cell, by the same rules for JSON and CSV.</summary>
static class FieldText
{
    const int ShownBytes = 40;

    /// <summary>Digits, signs, decimal marks and group separators, the no-break spaces of UTF-8 among them.</summary>
    static readonly SearchValues<byte> NumbersOfLocales = SearchValues.Create([.. "0123456789+-.,' "u8, .. "\u00A0\u202F\u2019"u8]);

    static readonly SearchValues<byte> DigitsOfSpreadsheets = SearchValues.Create("0123456789+-,.eE"u8);
    static readonly SearchValues<byte> DigitsSpacesDashes = SearchValues.Create("0123456789 -"u8);

    /// <summary>
    /// Parses a field's unescaped text, which is at index <paramref name="at"/> of the rows' bytes, into its cell. Returns null, or why the text
    /// is rejected.
    /// </summary>
    internal static RejectReason? Read(
        TransactionSchema schema, int index, SchemaField field, ReadOnlySpan<byte> text, int at, ref Cell cell)
    {
        if (field.Type != FieldType.Text && !text.IsEmpty)
        {
            cell.Start = at;
            cell.WrittenLength = text.Length <= ushort.MaxValue ? (ushort)text.Length : (ushort)0;
            return ReadValue(schema, index, field, text, ref cell);
        }
        if (Check(field, text) is { } reason)
            return reason;
        if (text.IsEmpty)
            cell.State = CellState.Null;
        else
            SetText(at, text.Length, ref cell);
        return null;
    }

    internal static void SetText(int at, int length, ref Cell cell)
    {
        cell.Start = at;
        cell.Bits = length;
        cell.State = CellState.Text;
    }

    /// <summary>A reject reason for the first required field without a value; null if there is none.</summary>
    internal static RejectReason? FirstMissing(ImmutableArray<SchemaField> fields, ReadOnlySpan<Cell> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (cells[i].State <= CellState.Null && !fields[i].Optional)
                return new(RejectCodes.MissingField, $"{fields[i].Name}: is missing");
        }
        return null;
    }

    /// <summary>Parses a number, whole number or time into the cell. Returns null, or why the text is rejected.</summary>
    internal static RejectReason? ReadValue(TransactionSchema schema, int index, SchemaField field, ReadOnlySpan<byte> text, ref Cell cell)
    {
        switch (field.Type)
        {
            case FieldType.Number:
                if (!NumberText.TryParse(text, out var number))
                    return new(RejectCodes.WrongType, $"{field.Name}: {Shown(schema, text)} is not a number{Cure(text)}");
                if (!double.IsFinite(number))
                {
                    var kind = double.IsNaN(number) ? "NaN" : "infinite";
                    return new(RejectCodes.NotFinite, $"{field.Name}: is {kind}, not a finite number");
                }
                cell.Bits = BitConverter.DoubleToInt64Bits(number);
                cell.State = CellState.Number;
                return null;
            case FieldType.Integer:
                if (!NumberText.TryParseWhole(text, out var whole))
                {
                    return new(RejectCodes.WrongType, $"{field.Name}: {Shown(schema, text)} is not " +
                        (index == schema.LabelField ? "a label; 1 is fraud, 0 is not" : $"a whole number{Cure(text)}"));
                }
                if (index == schema.LabelField && whole is not (0 or 1))
                    return new(RejectCodes.LabelNotBinary, $"{field.Name}: is not a label; 1 is fraud, 0 is not");
                cell.Bits = whole;
                cell.State = CellState.Whole;
                return null;
            default:
                return ReadTime(schema, field, text, ref cell);
        }
    }

    /// <summary>Checks a text against its field. Returns null, or what is wrong with it.</summary>
    static RejectReason? Check(SchemaField field, ReadOnlySpan<byte> text)
    {
        if (!field.Optional && IsBlank(text))
            return new(RejectCodes.EmptyField, $"{field.Name}: is empty");
        if (field.Digits is not { } digits || text.IsEmpty || CardTokens.IsToken(text)
            || (text.Length >= digits.Least && text.Length <= digits.Most && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')))
            return null;
        return new(RejectCodes.DamagedNumber, $"{field.Name}: {Damage(text)} ({digits} were expected)");
    }

    /// <summary>
    /// A value as messages may show it. If the schema has secret fields or a card, or the value looks like one, only the value's form, because shifted columns can put a name or a
    /// card number in a field that is not secret.
    /// </summary>
    static string Shown(TransactionSchema schema, ReadOnlySpan<byte> text)
    {
        var shown = Encoding.UTF8.GetString(text[..Math.Min(text.Length, ShownBytes)]);
        var more = text.Length > ShownBytes ? "…" : "";
        return schema.HasSecrets || schema.CardField >= 0 || CardNumbers.Count(text) > 0
            ? $"a value of the form {string.Concat(shown.Select(Form))}{more}"
            : $"\"{string.Concat(shown.Select(c => char.IsControl(c) || c == '\uFFFD' ? '·' : c))}{more}\"";
    }

    static char Form(char c) =>
        char.IsDigit(c) ? '9'
        : char.IsUpper(c) ? 'A'
        : char.IsLetter(c) ? 'a'
        : char.IsAscii(c) && !char.IsControl(c) ? c
        : '·';

    static RejectReason? ReadTime(TransactionSchema schema, SchemaField field, ReadOnlySpan<byte> text, ref Cell cell)
    {
        var outOfRange = false;
        foreach (var format in field.TimeFormats)
        {
            if (!TimeText.TryParse(format, text, out var time))
                continue;
            if (time is >= TimeFormat.Earliest and <= TimeFormat.Latest)
            {
                cell.Bits = time;
                cell.State = CellState.Whole;
                return null;
            }
            outOfRange = true;
        }
        var formats = string.Join(" or ", field.TimeFormats) + (schema.Csv.Times.IsEmpty ? "" : $", in files {string.Join(" or ", schema.Csv.Times)}");
        return outOfRange
            ? new(RejectCodes.TimeOutOfRange, $"{field.Name}: {Shown(schema, text)} as {formats} lies outside the years 1800 to 2199")
            : new(RejectCodes.NotATime, $"{field.Name}: {Shown(schema, text)} is not a time as {formats}{(text.Contains((byte)'/') ? "; day and month cannot be told apart between slashes" : "")}");
    }

    /// <summary>What would be right where a number was written for a locale: a comma may be a decimal mark or a group separator.</summary>
    static string Cure(ReadOnlySpan<byte> text) =>
        text.ContainsAnyInRange((byte)'0', (byte)'9') && text.ContainsAnyExcept(NumbersOfLocales) is false ? "; write it with a decimal point and without group separators" : "";

    /// <summary>Describes the kind of damage, never the value: a text of digits is usually a card number.</summary>
    static string Damage(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return $"has {text.Length} digits";
        if (NumberText.TryParse(text, out _) || !text.ContainsAnyExcept(DigitsOfSpreadsheets))
        {
            return text.ContainsAny((byte)'e', (byte)'E')
                ? "is rounded to scientific notation, as spreadsheets do, and its digits are lost"
                : "is written as a decimal number, not as digits";
        }
        return text.ContainsAny((byte)' ', (byte)'-') && !text.ContainsAnyExcept(DigitsSpacesDashes)
            ? "has spaces or dashes between its digits"
            : "has characters that are not digits";
    }

    static bool IsBlank(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept((byte)' ') < 0;
}
