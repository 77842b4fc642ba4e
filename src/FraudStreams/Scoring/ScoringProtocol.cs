using FraudStreams.Model.Drift;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Scoring;

/// <summary>Asks for the scores of a batch. Answered with <see cref="BatchScored"/>, or with Status.Failure: then it may be asked again.</summary>
/// <param name="WithFeatures">Whether the answer is to hold the feature values.</param>
/// <param name="WithReasons">Whether the answer is to hold the reasons of predicted frauds.</param>
/// <param name="IsStream">Whether they are the stream's payments, which are watched for drift, and not what somebody asks about.</param>
public sealed record ScoreBatch(TransactionRows Rows, bool WithFeatures = false, bool WithReasons = false, bool IsStream = false);

/// <summary>The scores (0..1) of the batch's rows, in their order, and the model version that gave them.</summary>
/// <param name="Features">Rows × features, where they were asked for.</param>
/// <param name="Reasons">By row, the reasons of predicted frauds as a JSON array; null where they were not asked for, or the model gives none.</param>
public sealed record BatchScored(
    double[] Scores, string ModelVersion, double Threshold, double[]? Features = null, IReadOnlyDictionary<int, byte[]>? Reasons = null)
{
    /// <summary>What is counted of the batch once its predictions are published, and by what; null where nothing is.</summary>
    internal (DriftCounter Counter, double[] Features)? Drift { get; init; }

    /// <summary>The model's decision about a row, made here alone.</summary>
    public bool IsFraud(int row) => Scores[row] >= Threshold;

    /// <summary>The feature values of a row; empty where they were not asked for.</summary>
    public ReadOnlySpan<double> FeaturesOf(int row) =>
        Features is null ? default : Features.AsSpan(row * (Features.Length / Scores.Length), Features.Length / Scores.Length);

    /// <summary>The reasons of a row; empty where there are none.</summary>
    public ReadOnlySpan<byte> ReasonsOf(int row) => Reasons?.GetValueOrDefault(row);
}

/// <summary>
/// Another version, or another threshold, scores from the next batch on; batches that were passed on before are scored by the former one. Answered with
/// <see cref="ModelStarted"/>, unless yet another takes its place before that.
/// </summary>
sealed record UseModel(ScoringModel Model);

/// <summary>The model has its actor, and scores what comes.</summary>
sealed record ModelStarted(ScoringModel Model);

/// <summary>Whoever sends it is told of each <see cref="FellBack"/>.</summary>
sealed record ReportFallbacks;

/// <summary>A version failed too often and another took its place.</summary>
sealed record FellBack(string Failed, string To, string Why);

/// <summary>To a model actor: no batch comes any more.</summary>
sealed record FinishScoring;

/// <summary>Outcome of a batch, from the model actor to its <see cref="ModelSupervisor"/>, which falls back after enough failures in a row.</summary>
/// <param name="Took">How long it took in the model.</param>
sealed record ScoringWorked(string ModelVersion, TimeSpan Took);

/// <inheritdoc cref="ScoringWorked"/>
sealed record ScoringFailed(string ModelVersion, Exception Cause);
