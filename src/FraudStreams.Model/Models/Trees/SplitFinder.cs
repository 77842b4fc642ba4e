using System.Runtime.CompilerServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Finds the best split of one feature from its histogram. Numbers: every threshold, with missing values on either side (sparsity-aware split
/// finding, Chen &amp; Guestrin 2016, algorithm 3). Categories: bins ordered by gradient over second derivative, and every prefix of that order;
/// the best subset is one of them (Fisher 1958).
/// </summary>
sealed class SplitFinder(FeatureBins[] features, BoostingSettings settings, double unit)
{
    readonly double _lambda = settings.Lambda;
    readonly double _leastWeight = settings.MinChildWeight;

    /// <param name="histogram">The feature's 256 pairs of sums.</param>
    public Split Find(int feature, ReadOnlySpan<long> histogram, Sums total) =>
        features[feature].Cuts is null ? ByCategory(feature, histogram, total) : ByThreshold(feature, histogram, total);

    Split ByThreshold(int feature, ReadOnlySpan<long> histogram, Sums total)
    {
        var bins = features[feature].ValueBins;
        var missing = At(histogram, bins);
        var parent = Gain(total, _lambda);
        var best = Split.None;
        var left = default(Sums);
        for (var bin = 0; bin < bins - 1; bin++)
        {
            var here = At(histogram, bin);
            if (here.Hessian == 0 && here.Gradient == 0) continue;
            left += here;
            if (missing == default)
            {
                // No row of the node lacks a value; missing values at scoring time go where most weight goes.
                Try(ref best, feature, bin, default, left.Hessian * 2 >= total.Hessian, left, total, parent, _lambda);
                continue;
            }
            Try(ref best, feature, bin, default, false, left, total, parent, _lambda);
            Try(ref best, feature, bin, default, true, left + missing, total, parent, _lambda);
        }
        // The last threshold: rows with a value against rows without one.
        if (missing != default) Try(ref best, feature, bins - 1, default, false, total - missing, total, parent, _lambda);
        return best;
    }

    Split ByCategory(int feature, ReadOnlySpan<long> histogram, Sums total)
    {
        Span<double> keys = stackalloc double[256];
        Span<int> order = stackalloc int[256];
        var missingBin = features[feature].ValueBins;
        var count = 0;
        for (var bin = 0; bin <= missingBin; bin++)
        {
            var here = At(histogram, bin);
            if (here.Hessian == 0 && here.Gradient == 0) continue;
            keys[count] = here.Gradient * unit / (here.Hessian * unit + settings.CategorySmoothing + double.Epsilon);
            order[count++] = bin;
        }
        if (count < 2) return Split.None;
        SortByKey(keys[..count], order[..count]);

        var lambda = _lambda + settings.CategoryLambda;
        var parent = Gain(total, lambda);
        var best = Split.None;
        var left = default(Sums);
        var length = 0;
        for (var i = 0; i < count - 1; i++)
        {
            left += At(histogram, order[i]);
            var before = best.Gain;
            Try(ref best, feature, 0, default, false, left, total, parent, lambda);
            if (best.Gain > before) length = i + 1;
        }
        if (best.Feature < 0) return best;
        var set = default(BinSet);
        foreach (var bin in order[..length])
            if (bin != missingBin) set.Add(bin);
        var missingLeft =
            At(histogram, missingBin) == default ? best.Left.Hessian * 2 >= total.Hessian : order[..length].Contains(missingBin);
        return best with { Set = set, MissingLeft = missingLeft };
    }

    /// <summary>Sorts by key, equal keys by bin, so that the result is deterministic.</summary>
    static void SortByKey(Span<double> keys, Span<int> order)
    {
        keys.Sort(order);
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            order[start..end].Sort();
            start = end;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Try(ref Split best, int feature, int bin, BinSet set, bool missingLeft, Sums left, Sums total, double parent, double lambda)
    {
        var right = total - left;
        double leftWeight = left.Hessian * unit, rightWeight = right.Hessian * unit;
        if (leftWeight < _leastWeight || rightWeight < _leastWeight) return;
        double gl = left.Gradient * unit, gr = right.Gradient * unit, hl = leftWeight + lambda, hr = rightWeight + lambda;
        var gain = (gl * gl * hr + gr * gr * hl) / (hl * hr) - parent;
        // NaN (a side without weight, and lambda 0) is not greater than any number.
        if (gain > best.Gain && gain > settings.Gamma && gain > 1e-9) best = new Split(feature, gain, bin, set, missingLeft, left);
    }

    double Gain(Sums sums, double lambda) => sums.Gradient * unit * (sums.Gradient * unit) / (sums.Hessian * unit + lambda);

    static Sums At(ReadOnlySpan<long> histogram, int bin) => new(histogram[bin * 2], histogram[bin * 2 + 1]);
}
