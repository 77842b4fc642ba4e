using System.Collections.Immutable;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Labelled feature rows, in time order. The arrays are not copied and must not change during a training.
/// </summary>
public sealed class TrainingSet
{
    /// <summary>Checks shapes and values.</summary>
    /// <param name="features">Name and kind of each feature; at least one, names unique.</param>
    /// <param name="values">rows × features values, row-major. NaN is a missing value; infinities are not allowed. Category codes are whole
    /// numbers 0..<see cref="FeatureColumn.MaxCategoryCode"/>.</param>
    /// <param name="labels">One a row, at least one row: 1 is fraud, 0 is not.</param>
    /// <param name="weights">One weight a row, finite and ≥ 0; empty means 1 for every row.</param>
    /// <exception cref="ArgumentException">The lengths do not match, or a value, label or weight is not allowed; the message names feature and
    /// row.</exception>
    public TrainingSet(
        ImmutableArray<FeatureColumn> features,
        ReadOnlyMemory<double> values,
        ReadOnlyMemory<byte> labels,
        ReadOnlyMemory<float> weights = default)
        : this(values, labels, weights, features)
    {
        CheckShape();
        CheckValues();
    }

    TrainingSet(
        ReadOnlyMemory<double> values, ReadOnlyMemory<byte> labels, ReadOnlyMemory<float> weights, ImmutableArray<FeatureColumn> features)
    {
        Features = features;
        Values = values;
        Labels = labels;
        Weights = weights;
    }

    /// <summary>Name and kind of each feature, in the order of the values of a row.</summary>
    public ImmutableArray<FeatureColumn> Features { get; }

    /// <summary>rows × features values, row-major.</summary>
    public ReadOnlyMemory<double> Values { get; }

    /// <summary>One a row, 0 or 1.</summary>
    public ReadOnlyMemory<byte> Labels { get; }

    /// <summary>One a row, or empty if every row has weight 1.</summary>
    public ReadOnlyMemory<float> Weights { get; }

    /// <summary>Number of rows, at least 1.</summary>
    public int Rows => Labels.Length;

    /// <summary>Number of rows labelled 1.</summary>
    public int Positives => Labels.Span.Count((byte)1);

    /// <summary>A range of rows, without copying, for a temporal split.</summary>
    /// <param name="start">Index of the first row.</param>
    /// <param name="count">Number of rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or exceeds the rows.</exception>
    public TrainingSet Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - start);
        return new TrainingSet(
            Values.Slice(start * Features.Length, count * Features.Length),
            Labels.Slice(start, count),
            Weights.IsEmpty ? Weights : Weights.Slice(start, count),
            Features);
    }

    void CheckShape()
    {
        if (Features.IsDefaultOrEmpty) throw new ArgumentException("A training set needs at least one feature.");
        var names = new HashSet<string>();
        foreach (var feature in Features)
            if (!names.Add(feature.Name)) throw new ArgumentException($"Feature '{feature.Name}' appears twice; names must be unique.");
        if (Rows == 0) throw new ArgumentException("A training set needs at least one row.");
        if (Values.Length != (long)Rows * Features.Length)
            throw new ArgumentException(
                $"{Rows} labels and {Features.Length} features need {(long)Rows * Features.Length} values, not {Values.Length}.");
        if (!Weights.IsEmpty && Weights.Length != Rows)
            throw new ArgumentException($"{Rows} labels need {Rows} weights or none, not {Weights.Length}.");
    }

    void CheckValues()
    {
        var wrong = Labels.Span.IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (wrong >= 0) throw new ArgumentException($"Label of row {wrong} is {Labels.Span[wrong]}; it must be 0 or 1.");
        var weights = Weights.Span;
        for (var row = 0; row < weights.Length; row++)
            if (!float.IsFinite(weights[row]) || weights[row] < 0)
                throw new ArgumentException($"Weight of row {row} is {weights[row]}; it must be finite and at least 0.");
        var values = Values.Span;
        for (int row = 0, at = 0; row < Rows; row++)
            for (var feature = 0; feature < Features.Length; feature++, at++)
            {
                var value = values[at];
                if (double.IsInfinity(value))
                    throw new ArgumentException($"Feature '{Features[feature].Name}' of row {row} is infinite; a missing value is NaN.");
                if (Features[feature].Kind == FeatureKind.Category && !double.IsNaN(value)
                    && (value < 0 || value > FeatureColumn.MaxCategoryCode || value != Math.Floor(value)))
                    throw new ArgumentException(
                        $"Feature '{Features[feature].Name}' of row {row} is {value}; "
                        + $"a category code is a whole number 0..{FeatureColumn.MaxCategoryCode}, or NaN.");
            }
    }
}
