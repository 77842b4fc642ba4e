using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models;

/// <summary>The metadata of a model version.</summary>
/// <param name="Version">Its name, which is also its folder's: 1 to 100 letters, digits, '.', '_' and '-', not starting with '.'.</param>
/// <param name="CreatedAt">When it was trained.</param>
/// <param name="Features">The plan that computes its inputs, with the schema.</param>
/// <param name="Threshold">The score from which a payment is predicted a fraud.</param>
/// <param name="Training">The data and settings it was trained with.</param>
public sealed partial record ModelCard(
    string Version, DateTimeOffset CreatedAt, FeaturePlan Features, ModelThreshold Threshold, TrainingFacts Training)
{
    /// <summary>The version that it was trained to replace; null if there was none.</summary>
    public string? Parent { get; init; }

    /// <summary>Metrics by name, such as average_precision, measured on rows that it was not trained on; finite.</summary>
    public ImmutableSortedDictionary<string, double> Metrics { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>What makes probabilities of the model's scores; null where they stay as they are.</summary>
    public ScoreCalibrator? Calibration { get; init; }

    /// <summary>By feature, what was usual in the training rows; empty for versions of earlier releases.</summary>
    public ImmutableSortedDictionary<string, UsualValue> Usual { get; init; } = ImmutableSortedDictionary<string, UsualValue>.Empty;

    /// <summary>The schema of the transactions that it scores.</summary>
    public TransactionSchema Schema => Features.Schema;

    /// <summary>The schema's name in the name of a version that was trained here: cards in cards-20260131-120000. Null if the name is of another form.</summary>
    public static string? SchemaNameIn(string version) => TrainedName().Match(version) is { Success: true } name ? name.Groups[1].Value : null;

    [GeneratedRegex(@"\A(.+)-\d{8}-\d{6}(-\d+)?\z")]
    private static partial Regex TrainedName();
}

/// <summary>The decision threshold of a model version.</summary>
/// <param name="Score">0..1; a payment with at least this score is predicted a fraud.</param>
/// <param name="Rule">How it was chosen, as text.</param>
public sealed record ModelThreshold(double Score, string Rule);

/// <summary>The data and settings that a model version was trained with.</summary>
/// <param name="From">Event time of the earliest row.</param>
/// <param name="To">Event time of the latest row.</param>
/// <param name="Rows">Number of labelled rows.</param>
/// <param name="Frauds">Number of rows labelled 1.</param>
/// <param name="Seed">Seed of all random choices.</param>
public sealed record TrainingFacts(DateTimeOffset From, DateTimeOffset To, long Rows, long Frauds, ulong Seed)
{
    /// <summary>Hyperparameters by name, as text.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The header of the CSV file that it was trained on, as it is written there; null where it was not a file, and on cards of earlier releases.</summary>
    public string? Columns { get; init; }

    /// <summary>A digest of the rows whatever their order, to recognize them by; null on cards of earlier releases.</summary>
    public string? Payments { get; init; }
}
