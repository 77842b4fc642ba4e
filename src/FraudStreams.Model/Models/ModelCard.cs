using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models;

/// <summary>What is known of a model version beside the model itself.</summary>
/// <param name="Version">Its name, which is its folder's: letters, digits, '.', '_' and '-'.</param>
/// <param name="CreatedAt">When it was trained.</param>
/// <param name="Features">How its inputs are computed, with the schema they are computed from.</param>
/// <param name="Threshold">From which score on a payment is predicted a fraud.</param>
/// <param name="Training">What it learnt from.</param>
public sealed record ModelCard(
    string Version, DateTimeOffset CreatedAt, FeaturePlan Features, ModelThreshold Threshold, TrainingFacts Training)
{
    /// <summary>The version it was made from or is to replace, or null.</summary>
    public string? Parent { get; init; }

    /// <summary>Finite values by name, such as average_precision, measured on rows it did not learn from.</summary>
    public ImmutableSortedDictionary<string, double> Metrics { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    public TransactionSchema Schema => Features.Schema;
}

/// <param name="Score">0 to 1; a score equal to it is a fraud.</param>
/// <param name="Rule">How it was chosen, in words.</param>
public sealed record ModelThreshold(double Score, string Rule);

/// <param name="From">Event time of the earliest row.</param>
/// <param name="To">Event time of the latest row.</param>
/// <param name="Rows">Labelled rows.</param>
/// <param name="Frauds">Those of them that are fraud.</param>
/// <param name="Seed">Of every random choice.</param>
public sealed record TrainingFacts(DateTimeOffset From, DateTimeOffset To, long Rows, long Frauds, ulong Seed)
{
    /// <summary>The training's settings, as text, by name.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}
