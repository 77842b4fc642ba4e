namespace FraudStreams.Model.Features;

/// <summary>How a model reads the values of a feature.</summary>
public enum FeatureKind
{
    /// <summary>An ordered quantity. Splits compare it with a threshold.</summary>
    Number,

    /// <summary>A category code 0, 1, 2, … in a double. Codes have no order: splits test whether the code is in a set.</summary>
    Category,
}

/// <summary>Name and kind of a feature. Its index in the list of columns is its index in a row.</summary>
/// <param name="Name">Unique among the columns.</param>
/// <param name="Kind">How its values are read.</param>
public sealed record FeatureColumn(string Name, FeatureKind Kind)
{
    /// <summary>Highest category code; codes are 0..1,000,000.</summary>
    public const int MaxCategoryCode = 1_000_000;
}
