using System.Collections.Immutable;
using System.Runtime.InteropServices;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Models;

/// <summary>What a feature's values usually were in the training rows, for reasons. Aggregates only.</summary>
/// <param name="Low">The 10th percentile of a number; NaN for a category.</param>
/// <param name="Median">The median of a number; NaN for a category.</param>
/// <param name="High">The 90th percentile of a number; NaN for a category.</param>
/// <param name="MostFrequent">The most frequent values of a category, the most frequent first; empty for a number.</param>
public sealed record UsualValue(double Low, double Median, double High, ImmutableArray<string> MostFrequent)
{
    /// <summary>Percentiles of a larger set are those of so many rows, evenly spread over it.</summary>
    const int MaxRows = 100_000;

    const int MaxCategories = 3;

    /// <summary>By feature, what is usual in a training set. A feature that has no value in it is absent.</summary>
    /// <param name="plan">The plan that computed the rows.</param>
    /// <param name="set">The training rows.</param>
    /// <exception cref="ArgumentException">The set has other features than the plan.</exception>
    public static ImmutableSortedDictionary<string, UsualValue> Of(FeaturePlan plan, TrainingSet set)
    {
        if (!plan.Columns.SequenceEqual(set.Features))
            throw new ArgumentException("The rows have other features than the plan.", nameof(set));
        var usual = ImmutableSortedDictionary.CreateBuilder<string, UsualValue>();
        for (var feature = 0; feature < plan.Count; feature++)
        {
            var column = plan.Columns[feature];
            var values = Values(set, feature);
            if (values.Count == 0)
                continue;
            if (column.Kind == FeatureKind.Number)
                usual[column.Name] = Percentiles(values);
            else if (MostFrequentOf(values, plan.Categories[column.Name]) is { IsEmpty: false } most)
                usual[column.Name] = new UsualValue(double.NaN, double.NaN, double.NaN, most);
        }

        return usual.ToImmutable();
    }

    public bool Equals(UsualValue? other) =>
        other is not null && Low.Equals(other.Low) && Median.Equals(other.Median) && High.Equals(other.High) && MostFrequent.SequenceEqual(other.MostFrequent);

    public override int GetHashCode() => HashCode.Combine(Low, Median, High, MostFrequent.Length);

    static List<double> Values(TrainingSet set, int feature)
    {
        var values = new List<double>(Math.Min(set.Rows, MaxRows));
        var all = set.Values.Span;
        var step = (set.Rows + MaxRows - 1) / MaxRows;
        for (var row = 0; row < set.Rows; row += step)
        {
            if (all[row * set.Features.Length + feature] is var value && !double.IsNaN(value))
                values.Add(value);
        }

        return values;
    }

    static UsualValue Percentiles(List<double> values)
    {
        var sorted = CollectionsMarshal.AsSpan(values);
        sorted.Sort();
        return new UsualValue(sorted[(sorted.Length - 1) / 10], sorted[(sorted.Length - 1) / 2], sorted[(sorted.Length - 1) * 9 / 10], []);
    }

    static ImmutableArray<string> MostFrequentOf(List<double> codes, ImmutableArray<string> names) =>
    [
        .. codes.GroupBy(code => (int)code).Where(group => group.Key < names.Length)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key).Take(MaxCategories).Select(group => names[group.Key]),
    ];
}
