using FraudStreams.Model.Models;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.Tests.Scoring;

/// <summary>Scores each row with the same number, and fails as often as the test says.</summary>
sealed class ScriptedScorer(double score) : IScorer
{
    int _failures;
    int _calls;

    public int FeatureCount { get; } = TrainedModel.Loaded.Features.Count;

    public int Calls => Volatile.Read(ref _calls);

    public void FailNext(int times) => Interlocked.Exchange(ref _failures, times);

    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        Interlocked.Increment(ref _calls);
        if (Interlocked.Decrement(ref _failures) >= 0)
            throw new InvalidOperationException("the scorer is broken");
        scores.Fill(score);
    }

    /// <summary>A version with this scorer and the plan of a real model.</summary>
    public ScoringModel As(string version) => new(TrainedModel.Loaded.Card with { Version = version }, this);
}
