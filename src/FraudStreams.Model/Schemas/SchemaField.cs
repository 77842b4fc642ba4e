using System.Collections.Immutable;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>One field of a transaction.</summary>
/// <param name="Name">Name of the JSON property and of the CSV column.</param>
/// <param name="Type">Type of its values.</param>
public sealed record SchemaField(string Name, FieldType Type)
{
    /// <summary>Most names of a path.</summary>
    public const int DeepestPath = 16;

    /// <summary>Whether the field may be missing or null. A required text may not be blank either.</summary>
    public bool Optional { get; init; }

    /// <summary>Whether values are masked (<see cref="SecretText"/>) in logs, mails, pages and reject reasons.</summary>
    public bool Secret { get; init; }

    /// <summary>The formats of a time, tried in order. Empty for other types.</summary>
    public ImmutableArray<TimeFormat> TimeFormats { get; init; } = [];

    /// <summary>The number of digits of a text that must be digits only, such as a card number. Null for any text.</summary>
    public DigitCount? Digits { get; init; }

    /// <summary>
    /// Where a topic of others has the field: names of JSON objects or Avro records and at last of the value, with dots between them, such as
    /// transaction.amount.value. Null: under its own name, at the top. Not a part of the schema's identity: what the field means is the same.
    /// </summary>
    public string? From { get; init; }

    internal byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);
}

/// <summary>The number of digits that a text of digits may have.</summary>
/// <param name="Least">Minimum, inclusive, at least 1.</param>
/// <param name="Most">Maximum, inclusive.</param>
public sealed record DigitCount(int Least, int Most)
{
    public override string ToString() => Least == Most ? $"{Least} digits" : $"{Least} to {Most} digits";
}

/// <summary>The fields with a special role, by name. Card, label and merchant are optional.</summary>
/// <param name="Id">A required text field that identifies the transaction.</param>
/// <param name="Time">A required time field: the event time.</param>
/// <param name="Amount">A required number or integer field.</param>
public sealed record SchemaRoles(string Id, string Time, string Amount)
{
    /// <summary>A required text field that is the topic key, so that a card's payments are in one partition; null if the data has none.</summary>
    public string? Card { get; init; }

    /// <summary>An integer field with the label of the source: 1 is fraud, 0 is not, or missing. Never an input of a model. Null if there is none.</summary>
    public string? Label { get; init; }

    /// <summary>A text field; null if there is none.</summary>
    public string? Merchant { get; init; }

    /// <summary>
    /// Whether the data has no id, so that reading a CSV file makes a synthetic one, "file name:row number". In the JSON record it is an ordinary
    /// field.
    /// </summary>
    public bool IdFromRow { get; init; }
}
