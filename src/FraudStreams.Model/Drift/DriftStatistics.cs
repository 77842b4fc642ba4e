namespace FraudStreams.Model.Drift;

/// <summary>How far two histograms over the same bins are apart, and whether chance explains it.</summary>
public static class DriftStatistics
{
    /// <summary>Bins of the reference are grouped until each has this share: the usual ten groups of PSI.</summary>
    const double LeastShare = 0.08;

    /// <summary>A group of which fewer payments are expected has no χ² distribution.</summary>
    const double LeastExpected = 5;

    /// <summary>
    /// Population stability index: Σ (c − r) · ln(c/r) over shares; half a payment is added to each bin, so that an empty one stays finite. 0 where the
    /// two are alike; by convention 0.1 is a small change and 0.25 a large one.
    /// </summary>
    /// <param name="reference">Counts by bin.</param>
    /// <param name="current">Counts by the same bins.</param>
    /// <exception cref="ArgumentException">They have different numbers of bins.</exception>
    public static double PopulationStability(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var sum = 0.0;
        var (ofReference, ofCurrent) = (SharesOf(reference, current.Length), SharesOf(current, reference.Length));
        for (var bin = 0; bin < reference.Length; bin++)
            sum += (ofCurrent[bin] - ofReference[bin]) * Math.Log(ofCurrent[bin] / ofReference[bin]);
        return sum;

        static double[] SharesOf(ReadOnlySpan<long> counts, int bins)
        {
            CheckBins(counts.Length, bins);
            var total = Sum(counts) + (0.5 * counts.Length);
            var shares = new double[counts.Length];
            for (var bin = 0; bin < shares.Length; bin++)
                shares[bin] = (counts[bin] + 0.5) / total;
            return shares;
        }
    }

    /// <summary>Jensen-Shannon distance: the root of the divergence with logarithms to base 2 (Endres and Schindelin 2003). 0..1; 0 where either is empty.</summary>
    /// <param name="reference">Counts by bin.</param>
    /// <param name="current">Counts by the same bins.</param>
    /// <exception cref="ArgumentException">They have different numbers of bins.</exception>
    public static double JensenShannon(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        CheckBins(reference.Length, current.Length);
        var (m, n) = ((double)Sum(reference), (double)Sum(current));
        if (m == 0 || n == 0)
            return 0;
        var sum = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            var (r, c) = (reference[bin] / m, current[bin] / n);
            var middle = (r + c) / 2;
            sum += (r > 0 ? r * Math.Log2(r / middle) : 0) + (c > 0 ? c * Math.Log2(c / middle) : 0);
        }

        return Math.Sqrt(Math.Max(0, sum / 2));
    }

    /// <summary>
    /// Wasserstein distance between two histograms: the area between their distribution functions from the first edge to the last, taken as straight lines
    /// between edges; what lies outside counts as lying on the outer edges. In the edges' unit.
    /// </summary>
    /// <param name="edges">Ascending.</param>
    /// <param name="reference">Counts without missing values: below the first edge, between edges, from the last edge on.</param>
    /// <param name="current">Likewise.</param>
    /// <exception cref="ArgumentException">There is not one bin more than edges.</exception>
    public static double Wasserstein(ReadOnlySpan<double> edges, ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        CheckBins(reference.Length, edges.Length + 1);
        CheckBins(current.Length, edges.Length + 1);
        var (m, n) = ((double)Sum(reference), (double)Sum(current));
        if (m == 0 || n == 0)
            return 0;
        var (area, difference) = (0.0, (current[0] / n) - (reference[0] / m));
        for (var edge = 0; edge + 1 < edges.Length; edge++)
        {
            var next = difference + (current[edge + 1] / n) - (reference[edge + 1] / m);

            // Two triangles where the lines cross, else a trapezium.
            var mean = difference * next < 0
                ? ((difference * difference) + (next * next)) / (2 * (Math.Abs(difference) + Math.Abs(next)))
                : (Math.Abs(difference) + Math.Abs(next)) / 2;
            area += mean * (edges[edge + 1] - edges[edge]);
            difference = next;
        }

        return area;
    }

    /// <summary>
    /// The same of the values' ranks among the reference, in their standard deviation: whatever scale the values have, a shift of a normal distribution by d of its
    /// standard deviations is about d. A heavy tail, whose standard deviation hides everything else, does not matter.
    /// </summary>
    /// <param name="reference">Counts by bin, in ascending order of values.</param>
    /// <param name="current">Counts by the same bins.</param>
    public static double RankWasserstein(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double m = Sum(reference), below = 0;
        if (m == 0)
            return 0;
        var (edges, of, now) = (new double[reference.Length + 1], new long[reference.Length + 2], new long[reference.Length + 2]);
        for (var bin = 0; bin < reference.Length; bin++)
        {
            below += reference[bin];
            (edges[bin + 1], of[bin + 1], now[bin + 1]) = (below / m, reference[bin], current[bin]);
        }

        return Wasserstein(edges, of, now) * Math.Sqrt(12);
    }

    /// <summary>Pearson's X² of two samples over the same bins, neighbours grouped until 5 payments are expected of each sample in each group.</summary>
    /// <param name="reference">Counts by bin.</param>
    /// <param name="current">Counts by the same bins.</param>
    /// <returns>X² and its degrees of freedom; 0 and 0 where there are too few payments to compare.</returns>
    /// <exception cref="ArgumentException">They have different numbers of bins.</exception>
    public static (double Statistic, int DegreesOfFreedom) ChiSquare(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        CheckBins(reference.Length, current.Length);
        double m = Sum(reference), n = Sum(current);
        if (m == 0 || n == 0)
            return (0, 0);
        var least = LeastExpected * (m + n) / Math.Min(m, n);
        var groups = new List<(long Reference, long Current)>();
        var (r, c) = (0L, 0L);
        for (var bin = 0; bin < reference.Length; bin++)
        {
            (r, c) = (r + reference[bin], c + current[bin]);
            if (r + c < least)
                continue;
            groups.Add((r, c));
            (r, c) = (0, 0);
        }

        if (groups.Count > 0)
            groups[^1] = (groups[^1].Reference + r, groups[^1].Current + c);
        if (groups.Count < 2)
            return (0, 0);
        var (sum, ofReference, ofCurrent) = (0.0, Math.Sqrt(n / m), Math.Sqrt(m / n));
        foreach (var group in groups)
        {
            var difference = (ofCurrent * group.Current) - (ofReference * group.Reference);
            sum += difference * difference / (group.Reference + group.Current);
        }

        return (sum, groups.Count - 1);
    }

    /// <summary>
    /// Whether values lie higher or lower in one sample, by the mean ranks of the bins (Wilcoxon's test with ties, squared): of one degree of freedom, and so
    /// far more sensitive to a shift than X² of many bins.
    /// </summary>
    /// <param name="reference">Counts by bin, in ascending order of values.</param>
    /// <param name="current">Counts by the same bins.</param>
    /// <returns>0 where there are too few payments to compare.</returns>
    /// <exception cref="ArgumentException">They have different numbers of bins.</exception>
    public static double RankSum(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        CheckBins(reference.Length, current.Length);
        double m = Sum(reference), n = Sum(current);
        if (Math.Min(m, n) < 2 * LeastExpected)
            return 0;
        double below = 0, ofReference = 0, ofCurrent = 0, squares = 0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            double both = reference[bin] + current[bin];
            var rank = ((below + (both / 2)) / (m + n)) - 0.5;
            (ofReference, ofCurrent, squares) = (ofReference + (reference[bin] * rank), ofCurrent + (current[bin] * rank), squares + (both * rank * rank));
            below += both;
        }

        var difference = (ofCurrent / n) - (ofReference / m);
        return squares == 0 ? 0 : difference * difference / (squares / (m + n) * ((1 / m) + (1 / n)));
    }

    /// <summary>The probability that a χ² variable is at least so large: the regularized upper incomplete gamma function Q(k/2, x/2).</summary>
    /// <param name="statistic">At least 0.</param>
    /// <param name="degreesOfFreedom">At least 1; 0 gives 1.</param>
    public static double UpperTail(double statistic, int degreesOfFreedom)
    {
        if (degreesOfFreedom == 0 || statistic <= 0)
            return 1;
        var (a, x) = (degreesOfFreedom / 2.0, statistic / 2);
        var scale = Math.Exp((a * Math.Log(x)) - x - LogGamma(a));
        return x < a + 1 ? 1 - (scale * Series(a, x)) : scale * ContinuedFraction(a, x);

        static double Series(double a, double x)
        {
            var term = 1 / a;
            var sum = term;
            for (var n = 1; n < 1000 && term > sum * 1e-16; n++)
                sum += term *= x / (a + n);
            return sum;
        }

        // Lentz's method.
        static double ContinuedFraction(double a, double x)
        {
            const double Tiny = 1e-300;
            var b = x + 1 - a;
            var (c, d) = (1 / Tiny, 1 / b);
            var value = d;
            for (var n = 1; n < 1000; n++)
            {
                var term = n * (a - n);
                b += 2;
                d = 1 / NotZero((term * d) + b);
                c = NotZero(b + (term / c));
                value *= d * c;
                if (Math.Abs((d * c) - 1) < 1e-15)
                    break;
            }

            return value;

            static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
        }
    }

    /// <summary>
    /// Which of several tests are significant when at most a share of such families may have a false one: step down through the p-values in ascending order
    /// (Holm 1979).
    /// </summary>
    /// <param name="pValues">0..1.</param>
    /// <param name="level">0..1.</param>
    public static bool[] Holm(IReadOnlyList<double> pValues, double level)
    {
        var significant = new bool[pValues.Count];
        var left = pValues.Count;
        foreach (var test in Enumerable.Range(0, pValues.Count).OrderBy(test => pValues[test]))
        {
            if (pValues[test] > level / left--)
                break;
            significant[test] = true;
        }

        return significant;
    }

    /// <summary>Both histograms with neighbouring bins grouped until each group has a share of the reference; the first bin, of missing values, stays alone.</summary>
    internal static (long[] Reference, long[] Current) Grouped(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var least = LeastShare * Sum(reference);
        var (rs, cs) = (new List<long> { reference[0] }, new List<long> { current[0] });
        var (r, c) = (0L, 0L);
        for (var bin = 1; bin < reference.Length; bin++)
        {
            (r, c) = (r + reference[bin], c + current[bin]);
            if (r < least)
                continue;
            rs.Add(r);
            cs.Add(c);
            (r, c) = (0, 0);
        }

        if (rs.Count == 1)
        {
            rs.Add(0);
            cs.Add(0);
        }

        rs[^1] += r;
        cs[^1] += c;
        return ([.. rs], [.. cs]);
    }

    internal static long Sum(ReadOnlySpan<long> counts)
    {
        var sum = 0L;
        foreach (var count in counts)
            sum += count;
        return sum;
    }

    static void CheckBins(int bins, int expected)
    {
        if (bins != expected)
            throw new ArgumentException($"There are {bins} and {expected} bins; the histograms are to have the same.");
    }

    /// <summary>ln Γ(a) for a above 0: Stirling's series after a shift beyond 10, where it has 15 digits.</summary>
    static double LogGamma(double a)
    {
        var shift = 0.0;
        for (; a < 10; a++)
            shift -= Math.Log(a);
        var inverse = 1 / (a * a);
        var series = ((((((-inverse / 1680) + (1.0 / 1260)) * inverse) - (1.0 / 360)) * inverse) + (1.0 / 12)) / a;
        return shift + ((a - 0.5) * Math.Log(a)) - a + (0.5 * Math.Log(2 * Math.PI)) + series;
    }
}
