using FraudStreams.Model.Features;
namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Maps the values of a feature to bin numbers 0..255. Numbers: bins of about equal weight between ascending thresholds, fewer if there are fewer
/// distinct values. Categories: one bin for each of the most frequent. Missing values are in the bin after the last.
/// </summary>
sealed class FeatureBins
{
    /// <summary>The quantiles of this many evenly spaced rows differ from those of all rows by far less than a bin.</summary>
    const int SampleRows = 200_000;

    FeatureBins(CutTable? cuts, CategoryTable? categories, int values)
    {
        Cuts = cuts;
        Categories = categories;
        ValueBins = values;
    }

    /// <summary>Set for numbers.</summary>
    public CutTable? Cuts { get; }

    /// <summary>Set for categories.</summary>
    public CategoryTable? Categories { get; }

    /// <summary>Number of bins for values, at most 255; also the number of the bin for missing values.</summary>
    public int ValueBins { get; }

    public static FeatureBins From(TrainingSet set, int feature, int maxBins) =>
        set.Features[feature].Kind == FeatureKind.Number ? Numbers(set, feature, maxBins - 1) : ByFrequency(set, feature, maxBins - 1);

    public void Fill(ReadOnlySpan<double> values, int stride, Span<byte> bins)
    {
        if (Cuts is { } cuts)
        {
            cuts.Codes(values, stride, bins);
            for (var row = 0; row < bins.Length; row++)
                if (double.IsNaN(values[row * stride])) bins[row] = (byte)ValueBins;
        }
        else
        {
            for (var row = 0; row < bins.Length; row++)
            {
                var number = Categories!.Number(values[row * stride]);
                bins[row] = number == CategoryTable.Missing ? (byte)ValueBins : number;
            }
        }
    }

    /// <summary>
    /// Fraud is rare and often in a tail with few payments, such as above some amount, which bins of equal row counts would not resolve. The rows
    /// labelled 1 therefore get half the weight of all rows in addition, so that about a third of the thresholds are among them.
    /// </summary>
    static FeatureBins Numbers(TrainingSet set, int feature, int most)
    {
        var sample = new double[Math.Min(set.Rows, SampleRows)];
        var labels = new byte[sample.Length];
        var count = 0;
        for (var i = 0; i < sample.Length; i++)
        {
            var row = (int)((long)i * set.Rows / sample.Length);
            var value = set.Values.Span[row * set.Features.Length + feature];
            if (double.IsNaN(value)) continue;
            sample[count] = value;
            labels[count++] = set.Labels.Span[row];
        }
        sample.AsSpan(0, count).Sort(labels.AsSpan(0, count));
        var positives = labels.AsSpan(0, count).Count((byte)1);
        var extra = positives == 0 ? 0 : count / (2 * positives);
        var distinct = new List<(double Value, long Weight)>();
        for (var i = 0; i < count; i++)
        {
            var weight = 1 + (labels[i] * (long)extra);
            if (distinct.Count > 0 && distinct[^1].Value == sample[i]) distinct[^1] = (sample[i], distinct[^1].Weight + weight);
            else distinct.Add((sample[i], weight));
        }
        var cuts = distinct.Count <= most ? CutsBetweenAll(distinct) : CutsOfEqualWeight(distinct, most);
        return new FeatureBins(new CutTable(cuts), null, cuts.Length + 1);
    }

    static double[] CutsBetweenAll(List<(double Value, long Weight)> distinct)
    {
        var cuts = new double[Math.Max(0, distinct.Count - 1)];
        for (var i = 0; i < cuts.Length; i++) cuts[i] = Between(distinct[i].Value, distinct[i + 1].Value);
        return cuts;
    }

    /// <summary>
    /// Closes a bin when it has its share of the remaining weight, so that one frequent value does not take bins from the others.
    /// </summary>
    static double[] CutsOfEqualWeight(List<(double Value, long Weight)> distinct, int bins)
    {
        var cuts = new List<double>(bins);
        long left = distinct.Sum(value => value.Weight), inBin = 0;
        for (var i = 0; i + 1 < distinct.Count && cuts.Count < bins - 1; i++)
        {
            inBin += distinct[i].Weight;
            var binsLeft = bins - cuts.Count;
            if (inBin * binsLeft < left) continue;
            cuts.Add(Between(distinct[i].Value, distinct[i + 1].Value));
            left -= inBin;
            inBin = 0;
        }
        return [.. cuts];
    }

    /// <summary>The midpoint of two values, or the lower if the midpoint rounds to the upper: lower ≤ cut &lt; upper.</summary>
    static double Between(double lower, double upper)
    {
        var middle = lower / 2 + upper / 2;
        return middle >= lower && middle < upper ? middle : lower;
    }

    static FeatureBins ByFrequency(TrainingSet set, int feature, int most)
    {
        var counts = new Dictionary<int, int>();
        var values = set.Values.Span;
        for (var at = feature; at < values.Length; at += set.Features.Length)
        {
            if (double.IsNaN(values[at])) continue;
            var code = (int)values[at];
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, code, out _)++;
        }
        int[] codes = [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(most).Select(c => c.Key).Order()];
        return new FeatureBins(null, new CategoryTable(codes), codes.Length);
    }
}
