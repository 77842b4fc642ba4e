using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Dashboard.Data;

/// <summary>A rejected record as people may see it. It was rejected because it is not as it should be, so secrets may stand anywhere in it.</summary>
static partial class RawLine
{
    const int Longest = 600;

    /// <summary>
    /// Of a JSON object: its fields, those masked that the schema calls secret or does not know, every long number, what repeats a secret number, and card numbers in groups. Of anything
    /// else, also in a field, only the shape: letters as x, digits as 0.
    /// </summary>
    public static string Mask(ReadOnlySpan<byte> original, TransactionSchema schema)
    {
        var text = Encoding.UTF8.GetString(original[..Math.Min(original.Length, 4 * Longest)]);
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                string[] secrets = [.. json.RootElement.EnumerateObject().Where(field => IsSecret(field, schema)).Select(TextOf)];
                return Cut(string.Join(", ", json.RootElement.EnumerateObject().Select(field => $"{NameOf(field.Name, schema)}: {ValueOf(field, schema, secrets)}")));
            }
        }
        catch (JsonException)
        {
            // Its shape then.
        }

        return Cut(ShapeOf(text));
    }

    static string ShapeOf(string text) => string.Concat(text.Select(sign => char.IsDigit(sign) ? '0' : char.IsLetter(sign) ? 'x' : char.IsControl(sign) || char.IsSurrogate(sign) ? ' ' : sign));

    static string NameOf(string name, TransactionSchema schema) => schema.IndexOf(name) >= 0 ? name : $"({name.Length} letters, unknown)";

    static bool IsSecret(JsonProperty field, TransactionSchema schema) => schema.IndexOf(field.Name) is var index && (index < 0 || schema.IsSecret(index));

    static string ValueOf(JsonProperty field, TransactionSchema schema, string[] secrets)
    {
        var text = TextOf(field);
        if (IsSecret(field, schema))
            return SecretText.Mask(Encoding.UTF8.GetBytes(field.Value.ValueKind == JsonValueKind.String ? "" : text));
        var shown = field.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
            ? ShapeOf(text)
            : LongNumber().Replace(SecretText.Shown(text, secrets), number => SecretText.Mask(Encoding.UTF8.GetBytes(number.Value)));
        return field.Value.ValueKind == JsonValueKind.String ? $"“{shown}”" : shown;
    }

    static string TextOf(JsonProperty field)
    {
        if (field.Value.ValueKind != JsonValueKind.String)
            return field.Value.GetRawText();
        try
        {
            return field.Value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return "…";
        }
    }

    static string Cut(string text) => text.Length <= Longest ? text : $"{text[..Longest]} …";

    /// <summary>A card has 11 to 19 digits; other numbers of eight and more are no loss.</summary>
    [GeneratedRegex(@"\d{8,}")]
    private static partial Regex LongNumber();
}
