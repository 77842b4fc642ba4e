using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
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

    /// <summary>The placeholder of what raised the score.</summary>
    public const string Reasons = "reasons";

    /// <summary>A prediction's values by the placeholders of <see cref="AlertTemplate"/>: its own, as far as the schema has them, and every field.</summary>
    public static ImmutableSortedDictionary<string, string> ValuesOf(PredictionRows rows, int row)
    {
        var (schema, secrets) = (rows.Transactions.Schema, SecretsOf(rows.Transactions, row));
        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var field = 0; field < schema.Fields.Length; field++)
            values[schema.Fields[field].Name] = Of(rows, row, field, secrets);
        Add("transaction", schema.IdField);
        Add("card", schema.CardField);
        Add("amount", schema.AmountField);
        Add("merchant", schema.MerchantField);
        Add("time", schema.TimeField);
        values["score"] = rows.Score(row).ToString("0.000", CultureInfo.InvariantCulture);
        values["model_version"] = Line(Encoding.UTF8.GetString(rows.ModelVersion(row)));
        values["scored_at"] = Time(rows.ScoredAt(row));
        return values.ToImmutable();

        void Add(string name, int field)
        {
            if (field >= 0)
                values[name] = Of(rows, row, field, secrets);
        }
    }

    /// <summary>"unknown" where the schema has no such field.</summary>
    public static string ValueOf(Alert alert, string name) => name == Reasons ? ReasonsOf(alert) : alert.Values?.GetValueOrDefault(name) ?? Unknown;

    /// <summary>A line for each reason; the texts hold the payment's own words, so they are no more trusted than those.</summary>
    static string ReasonsOf(Alert alert) => alert.Reasons is { ValueKind: JsonValueKind.Array } reasons && reasons.GetArrayLength() > 0
        ? string.Join('\n', reasons.EnumerateArray().Select(reason => $"- {Line(reason.GetProperty("text").GetString() ?? "")}"))
        : Unknown;

    /// <summary>An alert in one line, for the console and digests.</summary>
    public static string LineOf(Alert alert)
    {
        if (alert.Line is { } line)
            return line;
        var text = new StringBuilder($"{ValueOf(alert, "time")}  {ValueOf(alert, "amount")}");
        if (alert.Values?.GetValueOrDefault("card") is { } card)
            text.Append($"  card {card}");
        if (alert.Values?.GetValueOrDefault("merchant") is { } merchant)
            text.Append($"  at {merchant}");
        return text.Append($"  score {ValueOf(alert, "score")}  transaction {ValueOf(alert, "transaction")}").ToString();
    }

    /// <summary>The payment's secret fields, which no other text about it may show (<see cref="SecretText"/>).</summary>
    public static ImmutableArray<string> SecretsOf(TransactionRows transactions, int row) =>
        [.. Enumerable.Range(0, transactions.Schema.Fields.Length).Where(transactions.Schema.IsSecret).Select(field => Encoding.UTF8.GetString(transactions.Written(row, field)))];

    static string Of(PredictionRows rows, int row, int field, ImmutableArray<string> secrets)
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
            FieldType.Text => Cut(SecretText.Shown(schema, field, Safe(Encoding.UTF8.GetString(transactions.Text(row, field))), secrets)),
            FieldType.Time => Time(transactions.Time(row, field) ?? 0),
            FieldType.Integer => SecretText.Shown(schema, field, (transactions.Integer(row, field) ?? 0).ToString(CultureInfo.InvariantCulture), secrets),
            _ when field == schema.AmountField => transactions.Number(row, field).ToString("N2", CultureInfo.InvariantCulture),
            _ => transactions.Number(row, field).ToString("0.######", CultureInfo.InvariantCulture),
        };
    }

    public static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>One line of at most <see cref="Longest"/> characters, without control, direction-changing or unpaired characters.</summary>
    public static string Line(string text) => Cut(Safe(text));

    /// <summary>Whole, so that a number in it is seen that the end of the line would cut.</summary>
    static string Safe(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            safe.Append(IsSafe(rune) ? rune.ToString() : " ");
        return safe.ToString();
    }

    static string Cut(string text)
    {
        if (text.Length < Longest)
            return text.Trim();
        var end = Longest - 1;
        return $"{text[..(char.IsLowSurrogate(text[end]) ? end - 1 : end)]}…".Trim();
    }

    static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.Surrogate);

    static string Card(ReadOnlySpan<byte> card)
    {
        var masked = SecretText.Mask(card);
        return masked.Length == 8 ? $"**** **** **** {masked[4..]}" : masked;
    }
}
