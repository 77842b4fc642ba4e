using System.Diagnostics.CodeAnalysis;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.External;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Explanation;

/// <summary>
/// Attributes a model's raw score, in log-odds, to its features: <see cref="BaseValue"/> plus the contributions of a row are the log-odds of its score,
/// within rounding. Immutable and thread-safe. Trees: exact path-dependent Shapley values; linear models: their terms.
/// </summary>
public abstract class Explainer
{
    private protected Explainer(int featureCount, double baseValue)
    {
        FeatureCount = featureCount;
        BaseValue = baseValue;
    }

    /// <summary>Number of features in a row.</summary>
    public int FeatureCount { get; }

    /// <summary>Log-odds of a row of which nothing is known.</summary>
    public double BaseValue { get; }

    /// <summary>Prepares the explanation of a model.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="explainer">Null if it cannot be explained.</param>
    /// <param name="why">Why not, and how to get a model that can be.</param>
    public static bool TryCreate(IScorer scorer, [NotNullWhen(true)] out Explainer? explainer, out string? why)
    {
        explainer = null;
        switch (scorer)
        {
            case TreeEnsemble trees:
                why = TreeExplainer.WhyNot(trees);
                explainer = why is null ? new TreeExplainer(trees) : null;
                break;
            case LogisticRegression linear:
                why = null;
                explainer = new LinearExplainer(linear);
                break;
            case ExternalScorer { Model: var model }:
                why = $"a model that {model.Runtime} scores gives no reasons; trees and logistic regression do";
                break;
            default:
                why = $"a {scorer.GetType().Name} gives no reasons; trees and logistic regression do";
                break;
        }

        return explainer is not null;
    }

    /// <summary>Computes the contributions of a batch. Does not allocate in its steady state.</summary>
    /// <param name="features">rows × <see cref="FeatureCount"/> values, row-major; NaN is a missing value.</param>
    /// <param name="contributions">Receives as many values, in log-odds.</param>
    /// <exception cref="ArgumentException">The lengths differ or are not whole rows.</exception>
    public void Explain(ReadOnlySpan<double> features, Span<double> contributions)
    {
        if (features.Length != contributions.Length || features.Length % FeatureCount != 0)
            throw new ArgumentException($"{features.Length} values and {contributions.Length} contributions are not the same rows of {FeatureCount} features.");
        Fill(features, contributions);
    }

    private protected abstract void Fill(ReadOnlySpan<double> features, Span<double> contributions);
}
