namespace FraudStreams.Model.Schemas;

/// <summary>The type of a field's values.</summary>
public enum FieldType
{
    /// <summary>UTF-8 text. A JSON number is accepted as its characters, so that a card number may be either.</summary>
    Text,

    /// <summary>A finite IEEE double. A JSON string is accepted if all of it is one plain number.</summary>
    Number,

    /// <summary>A signed 64-bit integer; "3.0" and "3e0" are accepted.</summary>
    Integer,

    /// <summary>A time in UTC with millisecond resolution, in one of the field's <see cref="SchemaField.TimeFormats"/>.</summary>
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
