using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Explanation;

/// <summary>Reasons as a JSON array, for prediction records.</summary>
public static class ReasonsJson
{
    /// <summary>Most bytes of an array. A category can be as long as a record may be; the weakest reasons are left out first.</summary>
    public const int MaxBytes = 4096;

    static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the reasons in UTF-8, in their order, at most <see cref="MaxBytes"/>.</summary>
    public static byte[] Write(ImmutableArray<Reason> reasons)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        for (var count = reasons.Length; ; count--)
        {
            json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(json, Unescaped))
            {
                writer.WriteStartArray();
                foreach (var reason in reasons.AsSpan(0, count))
                    reason.Write(writer);
                writer.WriteEndArray();
            }

            if (json.WrittenCount <= MaxBytes)
                return json.WrittenSpan.ToArray();
        }
    }

    /// <summary>Reasons as they may leave the host: in their texts the payment's secret numbers are masked, and other card numbers (<see cref="SecretText"/>).</summary>
    /// <param name="json">As <see cref="Write"/> wrote it.</param>
    /// <param name="secrets">The values of the payment's secret fields.</param>
    public static string Masked(string json, IReadOnlyCollection<string> secrets)
    {
        using var reasons = JsonDocument.Parse(json);
        var into = new ArrayBufferWriter<byte>(json.Length);
        using (var writer = new Utf8JsonWriter(into, Unescaped))
            Copy(writer, reasons.RootElement, secrets);
        return Encoding.UTF8.GetString(into.WrittenSpan);
    }

    static void Copy(Utf8JsonWriter writer, JsonElement value, IReadOnlyCollection<string> secrets)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Copy(writer, item, secrets);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    Copy(writer, property.Value, secrets);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(SecretText.Shown(value.GetString()!, secrets));
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
