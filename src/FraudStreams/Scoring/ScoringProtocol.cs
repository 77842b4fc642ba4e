using FraudStreams.Model.Schemas;

namespace FraudStreams.Scoring;

/// <summary>Asks for the scores of a batch. The answer is <see cref="BatchScored"/>, or Status.Failure: then the batch may be asked again.</summary>
/// <param name="WithFeatures">Whether the answer is to hold what the model was given.</param>
public sealed record ScoreBatch(TransactionRows Rows, bool WithFeatures = false);

/// <summary>The scores (0..1) of the batch's rows in their order, and the version that gave them.</summary>
/// <param name="Features">Rows × features, where they were asked for.</param>
public sealed record BatchScored(double[] Scores, string ModelVersion, double Threshold, double[]? Features = null)
{
    /// <summary>What the model was given of a row; empty where it was not asked for.</summary>
    public ReadOnlySpan<double> FeaturesOf(int row) =>
        Features is null ? default : Features.AsSpan(row * (Features.Length / Scores.Length), Features.Length / Scores.Length);
}

/// <summary>A model actor tells its desk how it went; enough failures in a row and the desk falls back.</summary>
sealed record ScoringWorked(string ModelVersion);

/// <inheritdoc cref="ScoringWorked"/>
sealed record ScoringFailed(string ModelVersion, Exception Cause);
