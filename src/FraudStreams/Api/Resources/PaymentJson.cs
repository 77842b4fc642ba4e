using System.Globalization;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;

namespace FraudStreams.Api.Resources;

/// <summary>Stored payments as they may leave the host: secret fields masked, also where a text repeats a card number.</summary>
/// <param name="isUnmasked">As they are stored: for who may see that, and was written down.</param>
sealed class PaymentJson(TransactionSchema schema, bool isUnmasked = false)
{
    const int LongestCard = 8;

    /// <param name="isWhole">With every field and the reasons.</param>
    public void Write(Utf8JsonWriter json, StoredPayment payment, bool isWhole, IReadOnlyList<Label>? labels = null)
    {
        json.WriteStartObject();
        Field("id", schema.IdField);
        Field("time", schema.TimeField);
        Field("card", schema.CardField);
        Field("amount", schema.AmountField);
        Field("merchant", schema.MerchantField);
        json.WriteNumber("score"u8, payment.Score);
        json.WriteNumber("prediction"u8, payment.IsFraud ? 1 : 0);
        json.WriteString("model_version"u8, payment.ModelVersion);
        json.WriteString("scored_at"u8, Time(payment.ScoredAt));
        if (payment.TrueValue is { } fraud)
            json.WriteNumber("true_value"u8, fraud ? 1 : 0);
        else
            json.WriteNull("true_value"u8);
        json.WriteString("confirmed_at"u8, payment.ConfirmedAt is { } at ? Time(at) : null);
        json.WriteString("confirmed_by"u8, payment.ConfirmedBy);
        if (isWhole)
        {
            json.WriteStartObject("fields"u8);
            for (var field = 0; field < schema.Fields.Length; field++)
                Field(schema.Fields[field].Name, field);
            json.WriteEndObject();
            json.WritePropertyName("reasons"u8);
            json.WriteRawValue(payment.Reasons ?? "[]");
            json.WriteStartArray("labels"u8);
            foreach (var label in labels ?? [])
            {
                json.WriteStartObject();
                json.WriteNumber("true_value"u8, label.Fraud ? 1 : 0);
                json.WriteString("confirmed_at"u8, Time(label.ConfirmedAt));
                json.WriteString("confirmed_by"u8, label.ConfirmedBy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();

        void Field(string name, int field)
        {
            if (field < 0)
                return;
            json.WritePropertyName(name);
            Value(json, payment, field);
        }
    }

    static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    bool IsSecret(int field) => !isUnmasked && (schema.Fields[field].Secret || field == schema.CardField);

    void Value(Utf8JsonWriter json, StoredPayment payment, int field)
    {
        switch (payment.Fields[field])
        {
            case null:
                json.WriteNullValue();
                break;
            case var value when IsSecret(field):
                json.WriteStringValue(SecretText.Mask(Encoding.UTF8.GetBytes(value as string ?? "")));
                break;
            case string text:
                json.WriteStringValue(WithoutCards(text, payment));
                break;
            case long time when schema.Fields[field].Type == FieldType.Time:
                json.WriteStringValue(Time(time));
                break;
            case long whole:
                json.WriteNumberValue(whole);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
        }
    }

    string WithoutCards(string text, StoredPayment payment)
    {
        for (var field = 0; field < schema.Fields.Length; field++)
        {
            if (IsSecret(field) && payment.Fields[field] is string { Length: >= LongestCard } secret && !secret.AsSpan().ContainsAnyExceptInRange('0', '9'))
                text = text.Replace(secret, SecretText.Mask(Encoding.UTF8.GetBytes(secret)), StringComparison.Ordinal);
        }

        return text;
    }
}
