namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// The categories that a model knows, at most 255, numbered 0, 1, … in the order of their codes. A value that is NaN or any other code
/// is <see cref="Missing"/>: a category not met, or hardly met, in training takes the way of missing values.
/// </summary>
sealed class CategoryTable
{
    readonly byte[] _numbers;

    /// <param name="codes">Ascending, without equals, 0..<see cref="FeatureColumn.MaxCategoryCode"/>.</param>
    public CategoryTable(int[] codes)
    {
        Codes = codes;
        _numbers = new byte[codes.Length == 0 ? 0 : codes[^1] + 1];
        Array.Fill(_numbers, Missing);
        for (var number = 0; number < codes.Length; number++) _numbers[codes[number]] = (byte)number;
    }

    /// <summary>The number of no category.</summary>
    public const byte Missing = 255;

    public int[] Codes { get; }

    public byte Number(double code)
    {
        // A NaN or a negative code saturates to 0 or below; the comparison back refuses those and fractions.
        var index = (int)code;
        return (uint)index < (uint)_numbers.Length && index == code ? _numbers[index] : Missing;
    }
}
