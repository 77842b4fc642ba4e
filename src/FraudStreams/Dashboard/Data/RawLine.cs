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
    /// Of a JSON object: its fields, those masked that the schema calls secret or does not know, and every long number. Of anything else only the shape: letters
    /// as x, digits as 0.
    /// </summary>
    public static string Mask(ReadOnlySpan<byte> original, TransactionSchema schema)
    {
        var text = Encoding.UTF8.GetString(original[..Math.Min(original.Length, 4 * Longest)]);
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return Cut(string.Join(", ", json.RootElement.EnumerateObject().Select(field => $"{NameOf(field.Name, schema)}: {ValueOf(field, schema)}")));
        }
        catch (JsonException)
        {
            // Its shape then.
        }

        return Cut(string.Concat(text.Select(sign => char.IsAsciiDigit(sign) ? '0' : char.IsLetter(sign) ? 'x' : char.IsControl(sign) || char.IsSurrogate(sign) ? ' ' : sign)));
    }

    static string NameOf(string name, TransactionSchema schema) => schema.IndexOf(name) >= 0 ? name : $"({name.Length} letters, unknown)";

    static string ValueOf(JsonProperty field, TransactionSchema schema)
    {
        var index = schema.IndexOf(field.Name);
        var text = field.Value.ValueKind == JsonValueKind.String ? TextOf(field.Value) : field.Value.GetRawText();
        if (index < 0 || schema.Fields[index].Secret || index == schema.CardField)
            return SecretText.Mask(Encoding.UTF8.GetBytes(text));
        return LongNumber().Replace(text, number => SecretText.Mask(Encoding.UTF8.GetBytes(number.Value)));
    }

    static string TextOf(JsonElement value)
    {
        try
        {
            return $"“{value.GetString()}”";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return "“…”";
        }
    }

    static string Cut(string text) => text.Length <= Longest ? text : $"{text[..Longest]} …";

    /// <summary>A card has 11 to 19 digits; other numbers of eight and more are no loss.</summary>
    [GeneratedRegex(@"\d{8,}")]
    private static partial Regex LongNumber();
}
