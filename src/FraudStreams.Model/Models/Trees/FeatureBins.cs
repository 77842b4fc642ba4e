namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// How one feature's values become bin numbers 0..255. Numbers: bins of about equal weight between ascending thresholds, fewer where
/// there are fewer values. Categories: one bin for each of the most frequent. Missing values have the bin after the last.
/// </summary>
sealed class FeatureBins
{
    /// <summary>Quantiles of this many rows, evenly spread over the set, differ from those of all by far less than a bin.</summary>
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

    /// <summary>Bins that hold values, at most 255; the bin of this number is the one for missing values.</summary>
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
    /// Fraud is rare and often lies where few payments are, such as above some amount: bins by number alone would hold the whole of such a tail in one.
    /// So the rows labelled 1 weigh half as much together as all rows do, and a third of the thresholds lie where they are.
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
    /// Closes a bin when it holds its share of the weight that is left, so that one frequent value does not starve the rest of bins.
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

    /// <summary>The middle of two values, or the lower where the middle rounds to the upper: lower ≤ cut &lt; upper.</summary>
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
