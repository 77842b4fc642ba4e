using System.Collections.Immutable;
using System.Globalization;

namespace FraudStreams.Model.Drift;

/// <summary>A bin of a column, as people read it.</summary>
/// <param name="Bin">The values in it, in words.</param>
/// <param name="Reference">Share of the reference payments of the same hours of the week, 0..1.</param>
/// <param name="Current">Share of the window's payments, 0..1.</param>
public sealed record DriftShare(string Bin, double Reference, double Current);

/// <summary>The distributions behind a finding.</summary>
public static class DriftDistribution
{
    /// <summary>How a window and its reference fell into the bins of a column; bins that neither has are left out.</summary>
    /// <param name="reference">The version's.</param>
    /// <param name="history">What was counted of the version.</param>
    /// <param name="name">A feature's name or "score"; of another name nothing is returned.</param>
    /// <param name="window">Which window.</param>
    public static ImmutableArray<DriftShare> Of(DriftReference reference, DriftHistory history, string name, DriftWindow window)
    {
        var index = Enumerable.Range(0, reference.Columns.Length).FirstOrDefault(column => reference.Columns[column].Name == name, -1);
        if (index < 0)
            return [];
        var column = reference.Columns[index];
        var (current, ofWeek) = (new long[column.Bins], new HashSet<int>());
        for (var hour = window.From.ToUnixTimeSeconds() / 3600; hour < window.To.ToUnixTimeSeconds() / 3600; hour++)
        {
            if (!history.Hours.TryGetValue(hour, out var counts))
                continue;
            ofWeek.Add(DriftColumn.HourOfWeek(hour));
            for (var bin = 0; bin < current.Length; bin++)
                current[bin] += counts[reference.Offsets[index] + bin];
        }

        var expected = column.CountsOf(ofWeek);
        return
        [
            .. Enumerable.Range(0, column.Bins).Where(bin => expected[bin] + current[bin] > 0)
                .Select(bin => new DriftShare(NameOf(column, bin), DriftJudge.ShareOf(expected, bin), DriftJudge.ShareOf(current, bin))),
        ];
    }

    internal static string NameOf(DriftColumn column, int bin) => (column.Kind, bin) switch
    {
        (DriftKind.Category, 0) => "unknown or missing",
        (_, 0) => "missing",
        _ when column.IsSecret => $"bin {bin}",
        (DriftKind.Category, _) => bin <= Math.Min(column.Categories.Length, DriftColumn.MaxCategories) ? column.Categories[bin - 1] : "rare ones",
        (_, 1) => column.Edges.IsEmpty ? "any" : $"below {Text(column.Edges[0])}",
        _ when bin == column.Bins - 1 => $"from {Text(column.Edges[^1])}",
        _ => $"{Text(column.Edges[bin - 2])} to {Text(column.Edges[bin - 1])}",
    };

    static string Text(double edge) => edge.ToString("0.####", CultureInfo.InvariantCulture);
}
