using System.Buffers;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Calibrators;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models;

/// <summary>
/// A model version that is ready to score: its card and its scorer, checked against each other. Immutable and thread-safe.
/// </summary>
public sealed class ScoringModel
{
    /// <param name="card">The metadata.</param>
    /// <param name="scorer">The trained model.</param>
    /// <exception cref="ArgumentException">The scorer takes another number of features than the card's plan computes.</exception>
    public ScoringModel(ModelCard card, IScorer scorer)
    {
        if (scorer.FeatureCount != card.Features.Count)
        {
            throw new ArgumentException(
                $"The model takes {scorer.FeatureCount} features; the plan of version {card.Version} computes {card.Features.Count}.");
        }
        Card = card;
        Scorer = card.Calibration is { } calibration && scorer is not CalibratedScorer ? new CalibratedScorer(scorer, calibration) : scorer;
    }

    /// <summary>The metadata.</summary>
    public ModelCard Card { get; }

    /// <summary>The trained model, calibrated as the card says.</summary>
    public IScorer Scorer { get; }

    /// <summary>The trained model as it is stored and explained, before its scores are calibrated.</summary>
    public IScorer RawScorer => Scorer is CalibratedScorer calibrated ? calibrated.Inner : Scorer;

    /// <summary>Name of the version.</summary>
    public string Version => Card.Version;

    /// <summary>The schema of the transactions that it scores.</summary>
    public TransactionSchema Schema => Card.Schema;

    /// <summary>The plan that computes its inputs.</summary>
    public FeaturePlan Features => Card.Features;

    /// <summary>A payment with at least this score, 0..1, is predicted a fraud.</summary>
    public double Threshold => Card.Threshold.Score;

    /// <summary>The same version with another threshold in force than its card's.</summary>
    public ScoringModel WithThreshold(double threshold) =>
        threshold == Threshold ? this : new ScoringModel(Card with { Threshold = new ModelThreshold(threshold, "changed in the registry") }, Scorer);

    /// <summary>Computes the features of a batch in a pooled buffer and scores it.</summary>
    /// <param name="rows">Transactions of <see cref="Schema"/>, with their window values if the schema has window features.</param>
    /// <param name="scores">Receives one score a row, 0..1; its length is the number of rows.</param>
    /// <exception cref="ArgumentException">The rows have another schema, or the length of <paramref name="scores"/> is wrong.</exception>
    /// <exception cref="InvalidOperationException">The rows have no window values (<see cref="FeaturePlan.Compute"/>).</exception>
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

    /// <summary>Computes the features of a batch into <paramref name="features"/> and scores it.</summary>
    /// <param name="rows">Transactions of <see cref="Schema"/>, with their window values if the schema has window features.</param>
    /// <param name="scores">Receives one score a row, 0..1; its length is the number of rows.</param>
    /// <param name="features">Receives rows × <see cref="FeaturePlan.Count"/> values, row-major; NaN is a missing value.</param>
    /// <exception cref="ArgumentException">The rows have another schema, or a length is wrong.</exception>
    /// <exception cref="InvalidOperationException">The rows have no window values (<see cref="FeaturePlan.Compute"/>).</exception>
    public void Score(TransactionRows rows, Span<double> scores, Span<double> features)
    {
        Features.Compute(rows, features);
        Scorer.Score(features, scores);
    }
}
