using FraudStreams.Model.Features;
namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// The categories that a model knows, at most 255, numbered 0, 1, … by ascending code. NaN and any other code are <see cref="Missing"/>: a
/// category that is unknown or rare in training is treated as a missing value.
/// </summary>
sealed class CategoryTable
{
    readonly byte[] _numbers;

    /// <param name="codes">Strictly ascending, 0..<see cref="FeatureColumn.MaxCategoryCode"/>.</param>
    public CategoryTable(int[] codes)
    {
        Codes = codes;
        _numbers = new byte[codes.Length == 0 ? 0 : codes[^1] + 1];
        Array.Fill(_numbers, Missing);
        for (var number = 0; number < codes.Length; number++) _numbers[codes[number]] = (byte)number;
    }

    /// <summary>The number of an unknown or missing category.</summary>
    public const byte Missing = 255;

    public int[] Codes { get; }

    public byte Number(double code)
    {
        // NaN and negative codes convert to 0 or below; comparing back rejects those and fractions.
        var index = (int)code;
        return (uint)index < (uint)_numbers.Length && index == code ? _numbers[index] : Missing;
    }
}
