using System.Buffers;
using FraudStreams.Model.Features;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models;

/// <summary>
/// A model version ready to score: its card and its scorer, checked against each other. Immutable; safe on several threads.
/// </summary>
public sealed class ScoringModel
{
    /// <exception cref="ArgumentException">The scorer takes another number of features than the card's plan computes.</exception>
    public ScoringModel(ModelCard card, IScorer scorer)
    {
        if (scorer.FeatureCount != card.Features.Count)
        {
            throw new ArgumentException(
                $"The model takes {scorer.FeatureCount} features; the plan of version {card.Version} computes {card.Features.Count}.");
        }
        Card = card;
        Scorer = scorer;
    }

    public ModelCard Card { get; }

    public IScorer Scorer { get; }

    public string Version => Card.Version;

    public TransactionSchema Schema => Card.Schema;

    public FeaturePlan Features => Card.Features;

    /// <summary>A score of at least this is a predicted fraud.</summary>
    public double Threshold => Card.Threshold.Score;

    /// <summary>Scores a batch without allocating, with pooled room for its features.</summary>
    /// <param name="rows">Transactions of <see cref="Schema"/>.</param>
    /// <param name="scores">One a row, 0 to 1.</param>
    public void Score(TransactionRows rows, Span<double> scores)
    {
        var length = rows.Count * Features.Count;
        var matrix = ArrayPool<double>.Shared.Rent(length);
        try
        {
            Score(rows, scores, matrix.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(matrix);
        }
    }

    /// <summary>The same, and gives the features.</summary>
    /// <param name="rows">Transactions of <see cref="Schema"/>.</param>
    /// <param name="scores">One a row, 0 to 1.</param>
    /// <param name="features">Rows × the plan's count of values, row after row.</param>
    public void Score(TransactionRows rows, Span<double> scores, Span<double> features)
    {
        Features.Compute(rows, features);
        Scorer.Score(features, scores);
    }
}
