using System.Collections.Immutable;

namespace FraudStreams.Model.Schemas;

/// <summary>An unvalidated schema. <see cref="TransactionSchema.Create"/> validates it.</summary>
/// <param name="Name">Name of the schema, not empty.</param>
/// <param name="Fields">1 to 1000 fields, in the order of the data set's columns.</param>
/// <param name="Roles">Which field has which role.</param>
public sealed record SchemaDraft(string Name, ImmutableArray<SchemaField> Fields, SchemaRoles Roles)
{
    /// <summary>At least one feature, in the order of the model's inputs.</summary>
    public ImmutableArray<FeatureDefinition> Features { get; init; } = [];

    /// <summary>Whether CSV files may start with an unnamed index column, which is dropped.</summary>
    public bool DropsIndexColumn { get; init; }

    /// <summary>How its CSV files are written.</summary>
    public CsvFormat Csv { get; init; } = CsvFormat.AsFound;

    /// <summary>Adds a required text field for a synthetic id, which a schema file need not list among its fields.</summary>
    internal SchemaDraft WithSyntheticId() =>
        Roles.IdFromRow && Fields.All(f => f.Name != Roles.Id)
            ? this with { Fields = Fields.Insert(0, new SchemaField(Roles.Id, FieldType.Text)) }
            : this;
}
