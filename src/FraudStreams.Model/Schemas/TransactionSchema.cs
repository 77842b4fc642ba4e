using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// The schema of a data set's transactions: fields with their types and formats, which fields are secret, the fields with a role, and the features
/// of models. Always valid, because <see cref="Create"/> is the only way to make one. Immutable; compared by <see cref="Id"/>.
/// </summary>
public sealed record TransactionSchema
{
    /// <summary>The field names that predictions and the store add to a transaction. No field of a schema may have one of them.</summary>
    public static readonly ImmutableArray<string> ReservedNames =
    [
        "score", "prediction", "model_version", "scored_at", "feature_values", "reasons", "true_value", "confirmed_at", "confirmed_by", "as_written",
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
        Csv = draft.Csv;
        _index = Fields.Select((field, i) => (field.Name, i)).ToDictionary(f => f.Name, f => f.i);
        IdField = IndexOf(Roles.Id);
        TimeField = IndexOf(Roles.Time);
        AmountField = IndexOf(Roles.Amount);
        CardField = IndexOf(Roles.Card);
        LabelField = IndexOf(Roles.Label);
        MerchantField = IndexOf(Roles.Merchant);
        HasSecrets = Fields.Any(f => f.Secret);
        Id = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(SchemaJson.Identity(this))));
    }

    /// <summary>Name of the schema.</summary>
    public string Name { get; }

    /// <summary>The fields, in the order of the data set's columns; a synthetic id comes first.</summary>
    public ImmutableArray<SchemaField> Fields { get; }

    /// <summary>The fields with a role, by name.</summary>
    public SchemaRoles Roles { get; }

    /// <summary>The features, in the order of a model's inputs; at least one.</summary>
    public ImmutableArray<FeatureDefinition> Features { get; }

    /// <summary>How far back in event time a feature can look: the largest window length plus delay; zero without window features.</summary>
    public TimeSpan LongestMemory => WindowFeatures.IsEmpty ? TimeSpan.Zero : WindowFeatures.Max(window => window.Over + window.Delay);

    /// <summary>The window features among <see cref="Features"/>, in the same order.</summary>
    public ImmutableArray<WindowFeature> WindowFeatures { get; }

    /// <summary>Whether the window's key includes the topic key (the card), so that one partition has all payments that it counts.</summary>
    public bool IsOfCard(WindowFeature window) => window.By.Contains(Fields[KeyField].Name);

    /// <summary>Whether CSV files may start with an unnamed index column, which is dropped.</summary>
    public bool DropsIndexColumn { get; }

    /// <summary>How its CSV files are written. Files of one data set may differ in it: it is no part of <see cref="Id"/>.</summary>
    public CsvFormat Csv { get; init; }

    /// <summary>
    /// SHA-256 of the schema's canonical JSON (<see cref="SchemaJson"/>) without <see cref="Csv"/>, as 64 lower-case hexadecimal digits. Schemas are equal
    /// exactly if their ids are.
    /// </summary>
    public string Id { get; }

    /// <summary>Whether any field is secret.</summary>
    public bool HasSecrets { get; }

    /// <summary>Index of the id in <see cref="Fields"/>.</summary>
    public int IdField { get; }

    /// <summary>Index of the event time in <see cref="Fields"/>.</summary>
    public int TimeField { get; }

    /// <summary>Index of the amount in <see cref="Fields"/>.</summary>
    public int AmountField { get; }

    /// <summary>Index of the card in <see cref="Fields"/>, or −1.</summary>
    public int CardField { get; }

    /// <summary>Index of the label in <see cref="Fields"/>, or −1.</summary>
    public int LabelField { get; }

    /// <summary>Index of the merchant in <see cref="Fields"/>, or −1.</summary>
    public int MerchantField { get; }

    /// <summary>Index of the field that is the topic key: the card, or the id if the data has no card.</summary>
    public int KeyField => CardField >= 0 ? CardField : IdField;

    /// <summary>Validates a draft and makes a schema of it.</summary>
    /// <param name="draft">The unvalidated schema.</param>
    /// <param name="subject">Starts the exception's message, such as the file name; by default the schema's name.</param>
    /// <exception cref="SchemaException">The draft is inconsistent; lists every problem.</exception>
    public static TransactionSchema Create(SchemaDraft draft, string? subject = null)
    {
        draft = draft.WithSyntheticId();
        var problems = SchemaRules.Check(draft);
        return problems.Count == 0 ? new TransactionSchema(draft) : throw new SchemaException(subject ?? $"schema {draft.Name}", problems);
    }

    /// <summary>Index of a field in <see cref="Fields"/>; −1 if there is no field of that name.</summary>
    public int IndexOf(string? field) => field is not null && _index.TryGetValue(field, out var i) ? i : -1;

    public bool Equals(TransactionSchema? other) => other is not null && Id == other.Id;

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"{Name} ({Fields.Length} fields, {Features.Length} features)";
}
