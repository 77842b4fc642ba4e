using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features;

/// <summary>
/// Learns from training rows what a <see cref="FeaturePlan"/> needs to know: which categories there are, and how frequent.
/// </summary>
public sealed class FeatureFitting
{
    readonly TransactionSchema _schema;
    readonly Counted[] _counted;

    public FeatureFitting(TransactionSchema schema)
    {
        _schema = schema;
        _counted = [.. schema.Features.OfType<CategoryFeature>().Select(f => new Counted(f, schema.IndexOf(f.Field), []))];
    }

    /// <summary>Adds rows of the schema. What they are read into may be reused afterwards.</summary>
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

    /// <summary>The plan. Equally frequent categories come in ordinal order, so the same rows in any order give the same plan.</summary>
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
