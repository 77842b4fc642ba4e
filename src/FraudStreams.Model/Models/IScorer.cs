namespace FraudStreams.Model.Models;

/// <summary>
/// A trained model that turns feature rows into the probability of fraud. Implementations are immutable and may be used from several
/// threads at once; the score of a row has the same bits whether it is scored alone or in a batch.
/// </summary>
public interface IScorer
{
    /// <summary>Number of features in a row, at least 1.</summary>
    int FeatureCount { get; }

    /// <summary>Scores a batch without allocating.</summary>
    /// <param name="features">rows × <see cref="FeatureCount"/> values, row after row; NaN is a missing value.</param>
    /// <param name="scores">One score a row, 0..1; its length is the number of rows.</param>
    /// <exception cref="ArgumentException"><paramref name="features"/> is not exactly <c>scores.Length</c> rows long.</exception>
    void Score(ReadOnlySpan<double> features, Span<double> scores);
}
