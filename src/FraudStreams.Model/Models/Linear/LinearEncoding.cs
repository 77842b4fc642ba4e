using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Models.Linear;

/// <summary>
/// How a linear model encodes one feature. A number is standardised to mean 0 and standard deviation 1 at <c>Slot</c>; a missing one is 1 at
/// <c>Slot + 1</c> instead (mean imputation with an indicator). A category is one-hot: 1 at <c>Slot</c> + the index of its code, nothing for an
/// unknown code.
/// </summary>
/// <param name="Slot">Index of the feature's first weight.</param>
/// <param name="Mean">Mean of a number in the training rows.</param>
/// <param name="Deviation">Standard deviation of a number in the training rows, above 0.</param>
/// <param name="Codes">A category's known codes, ascending; null for numbers.</param>
sealed record LinearEncoding(int Slot, double Mean, double Deviation, int[]? Codes)
{
    public int Slots => Codes?.Length ?? 2;

    /// <summary>The one slot that is not 0 and its value; slot −1 if all are 0.</summary>
    public (int Slot, double Value) Encode(double value)
    {
        if (Codes is null) return double.IsNaN(value) ? (Slot + 1, 1) : (Slot, (value - Mean) / Deviation);
        var index = Array.BinarySearch(Codes, value is >= 0 and <= FeatureColumn.MaxCategoryCode && value == (int)value ? (int)value : -1);
        return index >= 0 ? (Slot + index, 1) : (-1, 0);
    }

    public static LinearEncoding[] Of(TrainingSet set, int maxCategories)
    {
        var encodings = new LinearEncoding[set.Features.Length];
        var slot = 0;
        for (var f = 0; f < encodings.Length; f++)
        {
            encodings[f] = set.Features[f].Kind == FeatureKind.Number ? Number(set, f, slot) : Category(set, f, slot, maxCategories);
            slot += encodings[f].Slots;
        }
        return encodings;
    }

    static LinearEncoding Number(TrainingSet set, int feature, int slot)
    {
        // Two passes, because a variance from sums of squares cancels catastrophically for values such as postal codes or Unix times.
        double sum = 0, squares = 0;
        var count = 0L;
        var values = set.Values.Span;
        for (var at = feature; at < values.Length; at += set.Features.Length)
            if (!double.IsNaN(values[at])) (sum, count) = (sum + values[at], count + 1);
        var mean = count == 0 ? 0 : sum / count;
        for (var at = feature; at < values.Length; at += set.Features.Length)
            if (!double.IsNaN(values[at])) squares += (values[at] - mean) * (values[at] - mean);
        var deviation = count == 0 ? 0 : Math.Sqrt(squares / count);
        return new LinearEncoding(slot, mean, deviation > 0 ? deviation : 1, null);
    }

    static LinearEncoding Category(TrainingSet set, int feature, int slot, int most)
    {
        var counts = new Dictionary<int, int>();
        var values = set.Values.Span;
        for (var at = feature; at < values.Length; at += set.Features.Length)
            if (!double.IsNaN(values[at])) counts[(int)values[at]] = counts.GetValueOrDefault((int)values[at]) + 1;
        int[] codes = [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(most).Select(c => c.Key).Order()];
        return new LinearEncoding(slot, 0, 1, codes);
    }
}
