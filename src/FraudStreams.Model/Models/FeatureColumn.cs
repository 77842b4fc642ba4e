namespace FraudStreams.Model.Models;

/// <summary>How the values of a feature are to be read.</summary>
public enum FeatureKind
{
    /// <summary>An ordered quantity; splits compare it with a threshold.</summary>
    Number,

    /// <summary>A category code 0, 1, 2, … held in a double; codes have no order, splits ask whether the code is in a set.</summary>
    Category,
}

/// <summary>Name and kind of one feature; its place in the list is its place in a row.</summary>
public sealed record FeatureColumn(string Name, FeatureKind Kind)
{
    /// <summary>Category codes are 0 to <see cref="MaxCategoryCode"/>.</summary>
    public const int MaxCategoryCode = 1_000_000;
}
