using System.Globalization;
using System.Text.Json;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;

namespace FraudStreams.Api.Resources;

/// <summary>Stored payments as they may leave the host: secret fields masked, also where a text repeats a card number.</summary>
/// <param name="isUnmasked">As they are stored: for who may see that, and was written down.</param>
sealed class PaymentJson(TransactionSchema schema, bool isUnmasked = false)
{
    /// <param name="isWhole">With every field and the reasons.</param>
    public void Write(Utf8JsonWriter json, StoredPayment payment, bool isWhole, IReadOnlyList<Label>? labels = null)
    {
        string[] secrets = isUnmasked ? [] : [.. payment.Secrets(schema)];
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
            json.WriteRawValue(payment.Reasons is not { } reasons ? "[]" : isUnmasked ? reasons : ReasonsJson.Masked(reasons, secrets));
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
            Value(json, field, payment.Fields[field], secrets);
        }
    }

    static string Time(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    void Value(Utf8JsonWriter json, int field, object? value, string[] secrets)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(isUnmasked ? text : SecretText.Shown(schema, field, text, secrets));
                break;
            case not null when !isUnmasked && schema.IsSecret(field):
                json.WriteStringValue(SecretText.Mask([]));
                break;
            case long time when schema.Fields[field].Type == FieldType.Time:
                json.WriteStringValue(Time(time));
                break;
            case long whole when !isUnmasked && SecretText.Shown(schema, field, whole.ToString(CultureInfo.InvariantCulture), secrets) is var shown && shown.Contains('*', StringComparison.Ordinal):
                json.WriteStringValue(shown);
                break;
            case long whole:
                json.WriteNumberValue(whole);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
        }
    }
}
