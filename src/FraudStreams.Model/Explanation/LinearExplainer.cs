using FraudStreams.Model.Models.Linear;

namespace FraudStreams.Model.Explanation;

/// <summary>
/// The terms of a logistic regression: of a number its weight × (value − mean) in standard deviations; of a missing number or a category the weight of
/// that, against a number at its mean and an unknown category.
/// </summary>
sealed class LinearExplainer(LogisticRegression model) : Explainer(model.FeatureCount, model.Intercept)
{
    private protected override void Fill(ReadOnlySpan<double> features, Span<double> contributions)
    {
        for (var at = 0; at < features.Length; at++)
            contributions[at] = model.Term(at % FeatureCount, features[at]);
    }
}
