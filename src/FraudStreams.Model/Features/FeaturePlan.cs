using System.Collections.Immutable;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features;

/// <summary>
/// Computes a model's inputs from transactions: the schema's feature definitions and what was learnt from training rows for them, the
/// dictionaries of categories. The same plan serves training and stream, so the same payment gives the same bits in both. Immutable and
/// safe to use on several threads.
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

    public TransactionSchema Schema { get; }

    /// <summary>Name and kind of each feature, in the order of a row.</summary>
    public ImmutableArray<FeatureColumn> Columns { get; }

    public int Count => _features.Length;

    /// <summary>For each category feature its values by code: the most frequent has code 0.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Categories { get; }

    /// <summary>Makes a plan from training rows, batch by batch; labels are not looked at.</summary>
    public static FeaturePlan Fit(TransactionSchema schema, IEnumerable<TransactionRows> batches)
    {
        var fitting = new FeatureFitting(schema);
        foreach (var batch in batches)
            fitting.Add(batch);
        return fitting.Finish();
    }

    /// <summary>Whether every payment gets the same values from both: the same definitions, and the same codes for categories.</summary>
    public bool IsSameAs(FeaturePlan other) =>
        Schema == other.Schema && Categories.Count == other.Categories.Count
        && Categories.All(category => other.Categories.TryGetValue(category.Key, out var values) && values.SequenceEqual(category.Value));

    /// <summary>Computes the features of every row, without allocating.</summary>
    /// <param name="rows">Transactions of the plan's schema.</param>
    /// <param name="matrix">Rows × <see cref="Count"/> values, row after row. NaN is a missing value; none is infinite.</param>
    /// <exception cref="ArgumentException">The rows are of another schema, or the matrix has another size.</exception>
    /// <exception cref="InvalidOperationException">The schema has windows and no window state has taken the rows in.</exception>
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
