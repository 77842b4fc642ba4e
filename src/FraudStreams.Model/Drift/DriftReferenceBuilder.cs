using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Drift;

/// <summary>Makes a drift reference of rows that a version did not learn from.</summary>
public static class DriftReferenceBuilder
{
    /// <summary>Of fewer days their variation cannot be told.</summary>
    const int LeastDays = 4;

    /// <summary>What is taken then: about twice what payments of independent cards would have.</summary>
    const double UnknownDispersion = 4;

    static readonly double[] s_quantiles = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999];
    static readonly double[] s_scoreQuantiles = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.996, 0.998, 0.999, 0.9995];

    /// <summary>Makes the reference of a version.</summary>
    /// <param name="plan">The version's features.</param>
    /// <param name="rows">Its validation rows, with labels.</param>
    /// <param name="times">Event time of each row, Unix milliseconds.</param>
    /// <param name="scores">Score of each row, 0..1.</param>
    /// <param name="threshold">From which score on a payment is predicted a fraud.</param>
    /// <exception cref="ArgumentException">There are no rows, or lengths differ.</exception>
    public static DriftReference Build(FeaturePlan plan, TrainingSet rows, ReadOnlySpan<long> times, ReadOnlySpan<double> scores, double threshold)
    {
        if (rows.Rows == 0 || times.Length != rows.Rows || scores.Length != rows.Rows)
            throw new ArgumentException($"There are {rows.Rows} rows, {times.Length} times and {scores.Length} scores; at least one row, and of each as many, are needed.");
        var hours = new long[times.Length];
        for (var row = 0; row < hours.Length; row++)
            hours[row] = DriftColumn.HourOf(times[row]);
        var columns = ImmutableArray.CreateBuilder<DriftColumn>(plan.Count + 1);
        var values = new double[rows.Rows];
        for (var feature = 0; feature < plan.Count; feature++)
        {
            if (IsOfTheDate(plan.Schema.Features[feature]))
                continue;
            for (var row = 0; row < values.Length; row++)
                values[row] = rows.Values.Span[(row * plan.Count) + feature];
            var (name, kind) = plan.Columns[feature];
            var isSecret = plan.Schema.IsSecretInFull(plan.Schema.Features[feature]);
            var column = kind == FeatureKind.Category
                ? ColumnOf(name, DriftKind.Category, [], isSecret ? [.. plan.Categories[name].Select((_, code) => $"value {code + 1}")] : plan.Categories[name], values, hours)
                : ColumnOf(name, DriftKind.Number, EdgesOf(values, s_quantiles), [], values, hours);
            columns.Add(column with { IsSecret = isSecret, MemoryHours = HoursOf(MemoryOf(plan.Schema, plan.Schema.Features[feature])) });
        }

        scores.CopyTo(values);
        var score = ColumnOf(DriftReference.ScoreName, DriftKind.Score, EdgesOf(values, s_scoreQuantiles, threshold), [], values, hours);
        columns.Add(score with { MemoryHours = HoursOf(plan.Schema.LongestMemory) });

        var labels = rows.Labels.Span;
        var (frauds, isFraud) = (new int[score.Bins], new double[rows.Rows]);
        for (var row = 0; row < scores.Length; row++)
        {
            isFraud[row] = labels[row];
            frauds[score.BinOf(scores[row])] += labels[row];
        }

        var fraud = ColumnOf("fraud", DriftKind.Number, [0.5], [], isFraud, hours);
        return new DriftReference(columns.ToImmutable(), threshold, [.. frauds], rows.Rows / (double)DaysOf(hours).Count, fraud.Dispersion)
        {
            HourDispersion = HourDispersionOf(hours),
        };
    }

    static TimeSpan MemoryOf(TransactionSchema schema, FeatureDefinition feature) => feature switch
    {
        WindowFeature window => window.Over + window.Delay,
        RatioFeature or DifferenceFeature => schema.LongestMemory,
        _ => TimeSpan.Zero,
    };

    static int HoursOf(TimeSpan time) => (int)Math.Ceiling(time.TotalHours);

    static bool IsOfTheDate(FeatureDefinition feature) =>
        feature is CalendarFeature { Part: CalendarPart.Weekday or CalendarPart.MonthDay or CalendarPart.Month or CalendarPart.Weekend };

    static ImmutableArray<double> EdgesOf(double[] values, double[] quantiles, params double[] more)
    {
        var sorted = Array.FindAll(values, value => !double.IsNaN(value));
        Array.Sort(sorted);
        return sorted.Length == 0 ? [] : [.. quantiles.Select(quantile => sorted[(int)(quantile * (sorted.Length - 1))]).Concat(more).Distinct().Order()];
    }

    static HashSet<long> DaysOf(long[] hours) => [.. hours.Select(DayOf)];

    static long DayOf(long hour) => DriftJudge.Floor(hour, 24) / 24;

    static int HourOfDay(long hour) => DriftColumn.HourOfWeek(hour) % 24;

    static DriftColumn ColumnOf(string name, DriftKind kind, ImmutableArray<double> edges, ImmutableArray<string> categories, double[] values, long[] hours)
    {
        var column = new DriftColumn(name, kind, edges, categories, [], 0, 1);
        var (counts, days) = (new int[DriftColumn.Hours * column.Bins], new Dictionary<long, int[]>());
        for (var row = 0; row < values.Length; row++)
        {
            var (hour, bin) = (hours[row], column.BinOf(values[row]));
            counts[(DriftColumn.HourOfWeek(hour) * column.Bins) + bin]++;
            if (!days.TryGetValue(DayOf(hour), out var day))
                days.Add(DayOf(hour), day = new int[24 * column.Bins]);
            day[(HourOfDay(hour) * column.Bins) + bin]++;
        }

        var (dispersion, ofRanks) = DispersionOf(column, counts, days);
        return column with { Counts = [.. counts], Sigma = SigmaOf(edges, values), Dispersion = dispersion, RankDispersion = ofRanks };
    }

    static double SigmaOf(ImmutableArray<double> edges, double[] values)
    {
        if (edges.Length < 2)
            return 0;
        var (n, sum, squares) = (0, 0.0, 0.0);
        foreach (var value in values)
        {
            if (double.IsNaN(value))
                continue;
            var inside = Math.Clamp(value, edges[0], edges[^1]) - edges[0];
            (n, sum, squares) = (n + 1, sum + inside, squares + (inside * inside));
        }

        return Math.Sqrt(Math.Max(0, (squares / n) - (sum / n * (sum / n))));
    }

    /// <summary>Each day against the others, in its hours of the week.</summary>
    static (double Dispersion, double OfRanks) DispersionOf(DriftColumn column, int[] counts, Dictionary<long, int[]> days)
    {
        if (days.Count < LeastDays)
            return (UnknownDispersion, UnknownDispersion);
        var (ratios, ranks) = (new List<double>(), new List<double>());
        foreach (var (day, ofDay) in days)
        {
            var weekday = DriftColumn.HourOfWeek(day * 24);
            var others = (int[])counts.Clone();
            var current = new long[column.Bins];
            var hours = new List<int>();
            for (var hour = 0; hour < 24; hour++)
            {
                var any = 0;
                for (var bin = 0; bin < column.Bins; bin++)
                {
                    var count = ofDay[(hour * column.Bins) + bin];
                    others[((weekday + hour) * column.Bins) + bin] -= count;
                    current[bin] += count;
                    any += count;
                }

                if (any > 0)
                    hours.Add(weekday + hour);
            }

            var reference = (column with { Counts = [.. others] }).CountsOf(hours);
            var (statistic, freedom) = DriftStatistics.ChiSquare(reference, current);
            if (freedom > 0)
                ratios.Add(statistic / freedom);
            if (column.Kind != DriftKind.Category)
                ranks.Add(DriftStatistics.RankSum(reference.AsSpan(1), current.AsSpan(1)));
        }

        return (UpperMean(ratios), UpperMean(ranks));
    }

    /// <summary>Each day against the others of its weekday, where there are some.</summary>
    static double HourDispersionOf(long[] hours)
    {
        var days = hours.GroupBy(DayOf).ToDictionary(day => day.Key, day =>
        {
            var counts = new long[24];
            foreach (var hour in day)
                counts[HourOfDay(hour)]++;
            return counts;
        });
        if (days.Count < LeastDays)
            return UnknownDispersion;
        var ratios = new List<double>();
        foreach (var (day, counts) in days)
        {
            var others = new long[24];
            foreach (var (_, other) in days.Where(other => other.Key != day && (other.Key - day) % 7 == 0))
            {
                for (var hour = 0; hour < 24; hour++)
                    others[hour] += other[hour];
            }

            var (statistic, freedom) = DriftStatistics.ChiSquare(others, counts);
            if (freedom > 0)
                ratios.Add(statistic / freedom);
        }

        return UpperMean(ratios);
    }

    /// <summary>The mean and its standard error, at least 1: a few days may have been quiet by chance.</summary>
    static double UpperMean(List<double> ratios)
    {
        if (ratios.Count < 2)
            return 1;
        var mean = ratios.Average();
        return Math.Max(1, mean + Math.Sqrt(ratios.Sum(ratio => (ratio - mean) * (ratio - mean)) / (ratios.Count - 1) / ratios.Count));
    }
}
