using System.Globalization;
using System.Text;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Alerting;

/// <summary>
/// A prediction's values as they may leave the host, each as text for one line: secret fields masked, nothing that could break a line, a mail
/// header or a terminal, and bounded in length. Values come from the payment's sender, so none of them is trusted.
/// </summary>
static class AlertText
{
    const int Longest = 160;
    const string Unknown = "unknown";

    public static string Of(PredictionRows rows, int row, int field)
    {
        var transactions = rows.Transactions;
        var schema = transactions.Schema;
        if (transactions.IsMissing(row, field))
            return Unknown;
        if (field == schema.CardField)
            return Card(transactions.Text(row, field));
        if (schema.Fields[field].Secret)
            return SecretText.Mask(transactions.Text(row, field));
        return schema.Fields[field].Type switch
        {
            FieldType.Text => Line(WithoutSecretDigits(Encoding.UTF8.GetString(transactions.Text(row, field)), transactions, row)),
            FieldType.Time => Time(transactions.Time(row, field) ?? 0),
            FieldType.Integer => (transactions.Integer(row, field) ?? 0).ToString(CultureInfo.InvariantCulture),
            _ when field == schema.AmountField => transactions.Number(row, field).ToString("N2", CultureInfo.InvariantCulture),
            _ => transactions.Number(row, field).ToString("0.######", CultureInfo.InvariantCulture),
        };
    }

    public static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>One line of at most <see cref="Longest"/> characters, without control, direction-changing or unpaired characters.</summary>
    public static string Line(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, Longest));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length + rune.Utf16SequenceLength >= Longest)
            {
                line.Append('…');
                break;
            }

            line.Append(IsSafe(rune) ? rune.ToString() : " ");
        }

        return line.ToString().Trim();
    }

    static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.Surrogate);

    static string Card(ReadOnlySpan<byte> card)
    {
        var masked = SecretText.Mask(card);
        return masked.Length == 8 ? $"**** **** **** {masked[4..]}" : masked;
    }

    /// <summary>A source may repeat a card number in a field that is not secret; it is masked there as well.</summary>
    static string WithoutSecretDigits(string text, TransactionRows transactions, int row)
    {
        var fields = transactions.Schema.Fields;
        for (var field = 0; field < fields.Length; field++)
        {
            var secret = transactions.Text(row, field);
            var isSecret = fields[field].Secret || field == transactions.Schema.CardField;
            if (isSecret && secret.Length >= 8 && !secret.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                text = text.Replace(Encoding.ASCII.GetString(secret), SecretText.Mask(secret), StringComparison.Ordinal);
        }

        return text;
    }
}
