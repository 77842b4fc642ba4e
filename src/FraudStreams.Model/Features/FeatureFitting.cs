using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features;

/// <summary>
/// Fits a <see cref="FeaturePlan"/> to training rows: counts the values of category features. Not thread-safe.
/// </summary>
public sealed class FeatureFitting
{
    readonly TransactionSchema _schema;
    readonly Counted[] _counted;

    /// <summary>Starts with no rows.</summary>
    /// <param name="schema">The schema of the rows and of the plan.</param>
    public FeatureFitting(TransactionSchema schema)
    {
        _schema = schema;
        _counted = [.. schema.Features.OfType<CategoryFeature>().Select(f => new Counted(f, schema.IndexOf(f.Field), []))];
    }

    /// <summary>Counts the categories of a batch. The batch may be reused afterwards.</summary>
    /// <param name="rows">Training rows of the schema.</param>
    /// <exception cref="ArgumentException">The rows have another schema.</exception>
    public void Add(TransactionRows rows)
    {
        if (rows.Schema != _schema)
            throw new ArgumentException(
                $"The rows are of schema {rows.Schema.Name} ({rows.Schema.Id}), not {_schema.Name} ({_schema.Id}).");
        Span<char> text = stackalloc char[256];
        foreach (var (_, field, counts) in _counted)
        {
            var byText = counts.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var row = 0; row < rows.Count; row++)
            {
                var utf8 = rows.Text(row, field);
                if (utf8.IsEmpty)
                    continue;
                if (utf8.Length <= text.Length)
                {
                    var value = text[..Encoding.UTF8.GetChars(utf8, text)];
                    byText[value] = byText.TryGetValue(value, out var count) ? count + 1 : 1;
                }
                else
                {
                    var value = Encoding.UTF8.GetString(utf8);
                    counts[value] = counts.GetValueOrDefault(value) + 1;
                }
            }
        }
    }

    /// <summary>
    /// Returns the fitted plan. Equally frequent categories are in ordinal order, so the plan does not depend on the order of the rows.
    /// </summary>
    public FeaturePlan Finish() => new(
        _schema,
        _counted.ToImmutableDictionary(
            c => c.Feature.Name,
            c => c.Counts
                .Where(value => value.Value >= c.Feature.LeastCount)
                .OrderByDescending(value => value.Value)
                .ThenBy(value => value.Key, StringComparer.Ordinal)
                .Take(c.Feature.MostCategories)
                .Select(value => value.Key)
                .ToImmutableArray()));

    readonly record struct Counted(CategoryFeature Feature, int Field, Dictionary<string, int> Counts);
}
