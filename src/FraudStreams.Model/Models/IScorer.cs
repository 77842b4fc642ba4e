namespace FraudStreams.Model.Models;

/// <summary>
/// A trained model that computes the probability of fraud for feature rows. Implementations are immutable and thread-safe; a row's score has
/// the same bits whether it is scored alone or in a batch.
/// </summary>
public interface IScorer
{
    /// <summary>Number of features in a row, at least 1.</summary>
    int FeatureCount { get; }

    /// <summary>Scores a batch. Does not allocate.</summary>
    /// <param name="features">rows × <see cref="FeatureCount"/> values, row-major; NaN is a missing value.</param>
    /// <param name="scores">Receives one score a row, 0..1; its length is the number of rows.</param>
    /// <exception cref="ArgumentException"><paramref name="features"/> does not have exactly <c>scores.Length</c> rows.</exception>
    void Score(ReadOnlySpan<double> features, Span<double> scores);
}
