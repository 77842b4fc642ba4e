namespace FraudStreams.Model.Trees;

/// <summary>
/// How one feature's values become bin numbers 0..255. Numbers: bins of about equal row counts between ascending thresholds, fewer where
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

    static FeatureBins Numbers(TrainingSet set, int feature, int most)
    {
        var sample = new double[Math.Min(set.Rows, SampleRows)];
        var values = set.Values.Span;
        var count = 0;
        for (var i = 0; i < sample.Length; i++)
        {
            var row = (int)((long)i * set.Rows / sample.Length);
            var value = values[row * set.Features.Length + feature];
            if (!double.IsNaN(value)) sample[count++] = value;
        }
        var sorted = sample.AsSpan(0, count);
        sorted.Sort();
        var distinct = new List<(double Value, int Rows)>();
        foreach (var value in sorted)
            if (distinct.Count > 0 && distinct[^1].Value == value) distinct[^1] = (value, distinct[^1].Rows + 1);
            else distinct.Add((value, 1));
        var cuts = distinct.Count <= most ? CutsBetweenAll(distinct) : CutsOfEqualRows(distinct, count, most);
        return new FeatureBins(new CutTable(cuts), null, cuts.Length + 1);
    }

    static double[] CutsBetweenAll(List<(double Value, int Rows)> distinct)
    {
        var cuts = new double[Math.Max(0, distinct.Count - 1)];
        for (var i = 0; i < cuts.Length; i++) cuts[i] = Between(distinct[i].Value, distinct[i + 1].Value);
        return cuts;
    }

    /// <summary>
    /// Closes a bin when it holds its share of the rows that are left, so that one frequent value does not starve the rest of bins.
    /// </summary>
    static double[] CutsOfEqualRows(List<(double Value, int Rows)> distinct, int rows, int bins)
    {
        var cuts = new List<double>(bins);
        long left = rows, inBin = 0;
        for (var i = 0; i + 1 < distinct.Count && cuts.Count < bins - 1; i++)
        {
            inBin += distinct[i].Rows;
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
