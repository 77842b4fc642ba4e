using System.Collections.Immutable;
using System.Text;

namespace FraudStreams.Model.Schemas;

/// <summary>One field of a transaction: its name in JSON and as a CSV column, and what its values are.</summary>
public sealed record SchemaField(string Name, FieldType Type)
{
    /// <summary>Whether a record may leave the field out, or say null. A required text may not be blank either.</summary>
    public bool Optional { get; init; }

    /// <summary>Whether values leave the host only masked (<see cref="SecretText"/>): never in logs, mails, pages or reasons.</summary>
    public bool Secret { get; init; }

    /// <summary>How a time is written; tried in order. Empty for other types.</summary>
    public ImmutableArray<TimeFormat> TimeFormats { get; init; } = [];

    /// <summary>For text that must be digits only, such as a card number: how many. Null for any text.</summary>
    public DigitCount? Digits { get; init; }

    internal byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);
}

/// <summary>The least and most digits that a text of digits may have, both inclusive.</summary>
public sealed record DigitCount(int Least, int Most)
{
    public override string ToString() => Least == Most ? $"{Least} digits" : $"{Least} to {Most} digits";
}

/// <summary>Which field plays which part. Card, label and merchant may be absent from a data set.</summary>
public sealed record SchemaRoles(string Id, string Time, string Amount)
{
    /// <summary>The field whose bytes are the topic key and whose history belongs together, or null where the data has none.</summary>
    public string? Card { get; init; }

    /// <summary>What the source itself says about fraud: 1, 0 or missing. Never an input of a model.</summary>
    public string? Label { get; init; }

    public string? Merchant { get; init; }

    /// <summary>
    /// Whether the id is made as a CSV file is read, "file name:row number", because the data has none. It is an ordinary field of the
    /// JSON record from then on.
    /// </summary>
    public bool IdFromRow { get; init; }
}
