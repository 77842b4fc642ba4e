using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Drift;

/// <summary>
/// How the features and scores of a version's validation rows were distributed, and how many frauds were among the scores: what live payments are compared
/// with. Aggregates only. Stored with the version. Immutable and thread-safe.
/// </summary>
/// <param name="Columns">Of some features, in the plan's order, and last of the score.</param>
/// <param name="Threshold">The version's own: an edge of the score's bins.</param>
/// <param name="Frauds">By bin of the score, how many rows were frauds.</param>
/// <param name="DayRows">Mean number of rows a day, which the dispersions were measured on.</param>
/// <param name="FraudDispersion">By how much the number of frauds a day varies more than that of independent ones, at least 1.</param>
public sealed record DriftReference(ImmutableArray<DriftColumn> Columns, double Threshold, ImmutableArray<int> Frauds, double DayRows, double FraudDispersion)
{
    /// <summary>By how much the number of payments in the hours of a day varies more than by chance, at least 1.</summary>
    public double HourDispersion { get; init; } = 1;

    /// <summary>The name of the score's column.</summary>
    public const string ScoreName = "score";

    /// <summary>Where each column's bins begin among the counters of an hour.</summary>
    public ImmutableArray<int> Offsets { get; } = OffsetsOf(Columns);

    /// <summary>The score's column.</summary>
    public DriftColumn Score => Columns[^1];

    /// <summary>How many counters an hour has.</summary>
    public int Counters => Offsets[^1] + Score.Bins;

    /// <summary>How many rows there were.</summary>
    public long Rows => Score.Counts.Sum(count => (long)count);

    /// <summary>The first bin of the score whose payments are predicted frauds, by a threshold; the nearest edge stands for it.</summary>
    public int FirstAlertBin(double threshold) => Score.Edges.Length == 0
        ? 2
        : 2 + Enumerable.Range(0, Score.Edges.Length).MinBy(edge => Math.Abs(Score.Edges[edge] - threshold));

    /// <summary>The features that are compared, by their index in the plan. What the date alone says, such as the month, always changes and is left out.</summary>
    /// <exception cref="ArgumentException">A column is no feature of the plan.</exception>
    public ImmutableArray<int> FeaturesOf(FeaturePlan plan) =>
    [
        .. Columns.Take(Columns.Length - 1).Select(column => plan.Columns.IndexOf(new FeatureColumn(column.Name, column.Kind == DriftKind.Category ? FeatureKind.Category : FeatureKind.Number)) is >= 0 and var feature
            ? feature
            : throw new ArgumentException($"The reference has a feature {column.Name} that the version does not compute.")),
    ];

    /// <summary>With the columns marked as secret that the version's schema says are: one of an earlier release may not say so of all.</summary>
    internal DriftReference WithSecretsOf(TransactionSchema schema)
    {
        var secret = schema.Features.Where(schema.IsSecretInFull).Select(feature => feature.Name).ToHashSet();
        return this with { Columns = [.. Columns.Select(column => secret.Contains(column.Name) ? column with { IsSecret = true } : column)] };
    }

    static ImmutableArray<int> OffsetsOf(ImmutableArray<DriftColumn> columns)
    {
        var offsets = ImmutableArray.CreateBuilder<int>(columns.Length);
        var next = 0;
        foreach (var column in columns)
        {
            offsets.Add(next);
            next += column.Bins;
        }

        return offsets.ToImmutable();
    }
}
