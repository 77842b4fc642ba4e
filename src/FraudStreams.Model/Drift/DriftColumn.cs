using System.Collections.Immutable;

namespace FraudStreams.Model.Drift;

/// <summary>What a column of a drift reference counts.</summary>
public enum DriftKind
{
    /// <summary>An ordered feature, in quantile bins.</summary>
    Number,

    /// <summary>A category feature, by its codes.</summary>
    Category,

    /// <summary>The score, in bins that are finer where alerts are.</summary>
    Score,
}

/// <summary>
/// The bins of a feature or of the score, and how the reference payments fell into them, by hour of the week. Bin 0 counts missing values. Of numbers and
/// scores, bin 1 is below the first edge and bin i + 1 is from edge i − 1 on. Of categories, bin i + 1 is code i, and the last bin all codes above.
/// </summary>
/// <param name="Name">The feature's name; "score" for the score.</param>
/// <param name="Edges">Ascending; empty for a category.</param>
/// <param name="Categories">Their names by code; empty for a number.</param>
/// <param name="Counts">168 × bins, row-major: hours of the week, Monday 00:00 UTC first.</param>
/// <param name="Sigma">Standard deviation of the values between the outer edges; 0 for a category.</param>
/// <param name="Dispersion">
/// By how much the counts of a day vary more than those of independent payments, at least 1: payments of a card, a merchant or a day are alike. The mean of
/// X²/(bins − 1) of each reference day against the others (McCullagh and Nelder 1989, 4.5), and its standard error.
/// </param>
public sealed record DriftColumn(
    string Name, DriftKind Kind, ImmutableArray<double> Edges, ImmutableArray<string> Categories, ImmutableArray<int> Counts, double Sigma, double Dispersion)
{
    /// <summary>The same as <see cref="Dispersion"/> of the ranks of values, which days may shift more than they change single bins; 1 for a category.</summary>
    public double RankDispersion { get; init; } = 1;

    /// <summary>So many hours of earlier payments its values rest on: a stream that has run for less does not say how they are.</summary>
    public int MemoryHours { get; init; }

    /// <summary>Whether its values are a secret field's: they stand in no text then.</summary>
    public bool IsSecret { get; init; }

    const long HourMilliseconds = 3_600_000;

    /// <summary>Hours of a week.</summary>
    public const int Hours = 168;

    /// <summary>More codes are counted together: each costs a counter an hour of the week.</summary>
    internal const int MaxCategories = 40;

    /// <summary>How many bins there are.</summary>
    public int Bins => BinsOf(Kind, Edges.Length, Categories.Length);

    /// <summary>The bin of a value, 0 where it is missing.</summary>
    public int BinOf(double value)
    {
        if (double.IsNaN(value))
            return 0;
        if (Kind == DriftKind.Category)
            return 1 + Math.Min((int)value, MaxCategories);
        var edges = Edges.AsSpan();
        var (low, high) = (0, edges.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (edges[middle] <= value)
                low = middle + 1;
            else
                high = middle;
        }

        return low + 1;
    }

    /// <summary>The hour since 1970 (UTC) of a time in Unix milliseconds; before 1970 it is below 0.</summary>
    public static long HourOf(long unixMilliseconds) => (unixMilliseconds / HourMilliseconds) - (unixMilliseconds % HourMilliseconds < 0 ? 1 : 0);

    /// <summary>The hour of the week, 0 to 167, of an hour since 1970 (UTC).</summary>
    public static int HourOfWeek(long hour) => (int)(((hour + 72) % Hours + Hours) % Hours);

    /// <summary>
    /// How the reference payments of some hours of the week fell into the bins. An hour of the week that the reference has no payments of is made up for by
    /// the same hour of its other days.
    /// </summary>
    /// <param name="hours">Which hours, without repetition.</param>
    internal long[] CountsOf(IEnumerable<int> hours)
    {
        var (sum, missing) = (new long[Bins], new List<int>());
        foreach (var hour in hours)
        {
            if (!Add(sum, hour))
                missing.Add(hour);
        }

        foreach (var hourOfDay in missing.Select(hour => hour % 24).Distinct())
        {
            for (var day = 0; day < 7; day++)
                Add(sum, (day * 24) + hourOfDay);
        }

        return sum;
    }

    bool Add(long[] sum, int hour)
    {
        var isAny = false;
        for (var bin = 0; bin < sum.Length; bin++)
        {
            var count = Counts[(hour * sum.Length) + bin];
            sum[bin] += count;
            isAny |= count > 0;
        }

        return isAny;
    }

    internal static int BinsOf(DriftKind kind, int edges, int categories) => kind == DriftKind.Category ? 2 + Math.Min(categories, MaxCategories) : 2 + edges;
}
