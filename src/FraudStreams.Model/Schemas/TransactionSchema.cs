using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// What a data set's transactions are: which fields they have, how these are written, which of them are secret, which plays which part,
/// and what a model is given of them. Always free of contradictions: <see cref="Create"/> is the only way to one. Immutable.
/// </summary>
public sealed record TransactionSchema
{
    /// <summary>The names a prediction adds to a transaction, and those the store adds to that. No field may have one.</summary>
    public static readonly ImmutableArray<string> ReservedNames = 
    [
        "score", "prediction", "model_version", "scored_at", "feature_values", "true_value", "confirmed_at", "confirmed_by", "as_written",
    ];

    readonly Dictionary<string, int> _index;

    TransactionSchema(SchemaDraft draft)
    {
        Name = draft.Name;
        Fields = draft.Fields;
        Roles = draft.Roles;
        Features = draft.Features;
        WindowFeatures = [.. Features.OfType<WindowFeature>()];
        DropsIndexColumn = draft.DropsIndexColumn;
        _index = Fields.Select((field, i) => (field.Name, i)).ToDictionary(f => f.Name, f => f.i);
        IdField = IndexOf(Roles.Id);
        TimeField = IndexOf(Roles.Time);
        AmountField = IndexOf(Roles.Amount);
        CardField = IndexOf(Roles.Card);
        LabelField = IndexOf(Roles.Label);
        MerchantField = IndexOf(Roles.Merchant);
        HasSecrets = Fields.Any(f => f.Secret);
        Id = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(SchemaJson.ToJson(this))));
    }

    public string Name { get; }

    /// <summary>In the order of the data set's columns; a made id comes first.</summary>
    public ImmutableArray<SchemaField> Fields { get; }

    public SchemaRoles Roles { get; }

    public ImmutableArray<FeatureDefinition> Features { get; }

    /// <summary>How far back in event time a payment's features look at most; zero where none looks back.</summary>
    public TimeSpan LongestMemory => WindowFeatures.IsEmpty ? TimeSpan.Zero : WindowFeatures.Max(window => window.Over + window.Delay);

    /// <summary>Those of <see cref="Features"/> that look at earlier payments, in the same order.</summary>
    public ImmutableArray<WindowFeature> WindowFeatures { get; }

    /// <summary>Whether the window's key holds the topic key, the card, so that one partition has all of what it counts.</summary>
    public bool IsOfCard(WindowFeature window) => window.By.Contains(Fields[KeyField].Name);

    /// <summary>Whether CSV files may begin with a column without a name, a row index, which is left out.</summary>
    public bool DropsIndexColumn { get; }

    /// <summary>SHA-256, in hexadecimal, of the schema's canonical JSON: two schemas are the same exactly when their ids are.</summary>
    public string Id { get; }

    /// <summary>Whether any field is secret.</summary>
    public bool HasSecrets { get; }

    /// <summary>Position of the id in <see cref="Fields"/>.</summary>
    public int IdField { get; }

    public int TimeField { get; }

    public int AmountField { get; }

    /// <summary>Position of the card in <see cref="Fields"/>, or −1.</summary>
    public int CardField { get; }

    /// <summary>Position of the label in <see cref="Fields"/>, or −1.</summary>
    public int LabelField { get; }

    /// <summary>Position of the merchant in <see cref="Fields"/>, or −1.</summary>
    public int MerchantField { get; }

    /// <summary>Position of the field whose bytes are the topic key: the card, or where the data has none the id.</summary>
    public int KeyField => CardField >= 0 ? CardField : IdField;

    /// <summary>Makes a schema, or throws a <see cref="SchemaException"/> that lists every contradiction in the draft.</summary>
    /// <param name="draft">What the schema file says.</param>
    /// <param name="subject">How the exception names what is wrong, such as the file; by default the schema's name.</param>
    public static TransactionSchema Create(SchemaDraft draft, string? subject = null)
    {
        draft = draft.WithMadeId();
        var problems = SchemaRules.Check(draft);
        return problems.Count == 0 ? new TransactionSchema(draft) : throw new SchemaException(subject ?? $"schema {draft.Name}", problems);
    }

    /// <summary>Position of a field in <see cref="Fields"/>, or −1 where there is none of that name.</summary>
    public int IndexOf(string? field) => field is not null && _index.TryGetValue(field, out var i) ? i : -1;

    public bool Equals(TransactionSchema? other) => other is not null && Id == other.Id;

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"{Name} ({Fields.Length} fields, {Features.Length} features)";
}
