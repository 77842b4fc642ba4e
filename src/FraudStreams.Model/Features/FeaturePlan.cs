using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features;

/// <summary>
/// Computes the features of transactions: the schema's feature definitions with the category dictionaries fitted to training rows. Training
/// and the stream use the same plan, so the same payment gives the same bits in both. Immutable and thread-safe.
/// </summary>
public sealed class FeaturePlan
{
    readonly Feature[] _features;

    internal FeaturePlan(TransactionSchema schema, ImmutableDictionary<string, ImmutableArray<string>> categories)
    {
        Schema = schema;
        Categories = categories;
        var byName = new Dictionary<string, Feature>();
        foreach (var definition in schema.Features)
            byName.Add(definition.Name, Feature.Create(schema, definition, categories, byName));
        _features = [.. schema.Features.Select(definition => byName[definition.Name])];
        Columns =
        [
            .. schema.Features.Select(d => new FeatureColumn(d.Name, d is CategoryFeature ? FeatureKind.Category : FeatureKind.Number)),
        ];
    }

    /// <summary>The schema of the rows that the plan reads.</summary>
    public TransactionSchema Schema { get; }

    /// <summary>Name and kind of each feature, in the order of the values of a row.</summary>
    public ImmutableArray<FeatureColumn> Columns { get; }

    /// <summary>Number of features, at least 1.</summary>
    public int Count => _features.Length;

    /// <summary>By category feature, its values; the index is the code, and the most frequent value has code 0.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Categories { get; }

    /// <summary>Fits a plan to training rows. Labels are not used.</summary>
    /// <param name="schema">The schema of the rows and of the plan.</param>
    /// <param name="batches">The training rows; each batch is read once and may be reused for the next.</param>
    /// <exception cref="ArgumentException">A batch has another schema.</exception>
    public static FeaturePlan Fit(TransactionSchema schema, IEnumerable<TransactionRows> batches)
    {
        var fitting = new FeatureFitting(schema);
        foreach (var batch in batches)
            fitting.Add(batch);
        return fitting.Finish();
    }

    /// <summary>Whether both plans give the same values for every payment: same definitions, same category codes.</summary>
    public bool IsSameAs(FeaturePlan other) =>
        Schema == other.Schema && Categories.Count == other.Categories.Count
        && Categories.All(category => other.Categories.TryGetValue(category.Key, out var values) && values.SequenceEqual(category.Value));

    /// <summary>Computes the features of every row. Does not allocate.</summary>
    /// <param name="rows">Transactions of the plan's schema.</param>
    /// <param name="matrix">Receives rows × <see cref="Count"/> values, row-major. NaN is a missing value; none is infinite.</param>
    /// <exception cref="ArgumentException">The rows have another schema, or the matrix has another size.</exception>
    /// <exception cref="InvalidOperationException">The schema has window features and the rows were not passed to <see
    /// cref="Windows.WindowState.Advance(TransactionRows)"/>.</exception>
    public void Compute(TransactionRows rows, Span<double> matrix)
    {
        if (!ReferenceEquals(rows.Schema, Schema) && rows.Schema != Schema)
            throw new ArgumentException($"The rows are of schema {rows.Schema.Name} ({rows.Schema.Id}), not {Schema.Name} ({Schema.Id}).");
        if (matrix.Length != rows.Count * Count)
            throw new ArgumentException($"{rows.Count} rows of {Count} features need {rows.Count * Count} values, not {matrix.Length}.");
        if (!Schema.WindowFeatures.IsEmpty && rows.Advanced < rows.Count)
            throw rows.NotAdvanced(rows.Advanced);
        for (var feature = 0; feature < _features.Length; feature++)
        {
            var compute = _features[feature];
            for (int row = 0, at = feature; row < rows.Count; row++, at += Count)
                matrix[at] = compute.Of(rows, row);
        }
    }
}
