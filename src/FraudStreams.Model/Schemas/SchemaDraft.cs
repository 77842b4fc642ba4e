using System.Collections.Immutable;

namespace FraudStreams.Model.Schemas;

/// <summary>A schema as it was written down, before anyone asked whether it holds together.</summary>
public sealed record SchemaDraft(string Name, ImmutableArray<SchemaField> Fields, SchemaRoles Roles)
{
    public ImmutableArray<FeatureDefinition> Features { get; init; } = [];

    public bool DropsIndexColumn { get; init; }

    /// <summary>An id made from file and row is a required text, which a file need not list among its fields.</summary>
    internal SchemaDraft WithMadeId() =>
        Roles.IdFromRow && Fields.All(f => f.Name != Roles.Id)
            ? this with { Fields = Fields.Insert(0, new SchemaField(Roles.Id, FieldType.Text)) }
            : this;
}
