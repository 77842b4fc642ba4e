using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Models.Linear;

/// <summary>
/// How one feature enters a linear model. A number: standardised to mean 0 and deviation 1 at <c>Slot</c>; where it is missing, 1 at
/// <c>Slot + 1</c> instead (the mean imputed, and an indicator). A category: 1 at <c>Slot</c> + its place among the codes; nothing where it
/// is not among them.
/// </summary>
/// <param name="Codes">A category's codes, ascending; null for numbers.</param>
sealed record LinearEncoding(int Slot, double Mean, double Deviation, int[]? Codes)
{
    public int Slots => Codes?.Length ?? 2;

    /// <summary>The one slot that is not 0 in a row, and its value; slot -1 where none is.</summary>
    public (int Slot, double Value) Encode(double value)
    {
        if (Codes is null) return double.IsNaN(value) ? (Slot + 1, 1) : (Slot, (value - Mean) / Deviation);
        var place = Array.BinarySearch(Codes, value is >= 0 and <= FeatureColumn.MaxCategoryCode && value == (int)value ? (int)value : -1);
        return place >= 0 ? (Slot + place, 1) : (-1, 0);
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
        // Two passes: a variance from sums of squares cancels for values like postal codes or Unix times.
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
