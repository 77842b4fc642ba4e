namespace FraudStreams.Model.Schemas;

/// <summary>What a field's value is read as.</summary>
public enum FieldType
{
    /// <summary>UTF-8 text, kept as its bytes. A JSON number is taken as its digits, so that a card number may come either way.</summary>
    Text,

    /// <summary>A finite IEEE double. A JSON string is taken when the whole of it is one plain number.</summary>
    Number,

    /// <summary>A whole number that fits 64 bits; "3.0" and "3e0" are whole as well.</summary>
    Integer,

    /// <summary>A moment in UTC with millisecond resolution, written in one of the field's <see cref="SchemaField.TimeFormats"/>.</summary>
    Time,
}

static class FieldTypes
{
    internal static string InWords(this FieldType type) => type switch
    {
        FieldType.Text => "text",
        FieldType.Number => "a number",
        FieldType.Integer => "a whole number",
        _ => "a time",
    };
}
