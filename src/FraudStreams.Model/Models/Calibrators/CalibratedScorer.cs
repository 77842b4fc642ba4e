namespace FraudStreams.Model.Models.Calibrators;

/// <summary>A model whose scores are calibrated. Reasons are those of the model's own scores.</summary>
public sealed class CalibratedScorer : IScorer
{
    /// <param name="inner">The model.</param>
    /// <param name="calibrator">Makes probabilities of its scores.</param>
    public CalibratedScorer(IScorer inner, ScoreCalibrator calibrator) => (Inner, Calibrator) = (inner, calibrator);

    /// <summary>The model.</summary>
    public IScorer Inner { get; }

    /// <summary>Makes probabilities of its scores.</summary>
    public ScoreCalibrator Calibrator { get; }

    /// <inheritdoc/>
    public int FeatureCount => Inner.FeatureCount;

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        Inner.Score(features, scores);
        foreach (ref var score in scores)
            score = Calibrator.Apply(score);
    }
}
