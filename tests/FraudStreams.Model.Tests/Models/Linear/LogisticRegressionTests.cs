using System.Collections.Immutable;
using System.Text;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Tests.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Linear;

public sealed class LogisticRegressionTests
{
    static readonly double[] s_values =
    [
        83.8, 1.6, 0, 40.7, 7.11, 2, 50.7, 0.6, 2, 58.2, 4.05, 2, 34.2, 1.65, 0, 50, 1.67, 1, 50, 3.02, 1, 14.9, 2.22, 2, 70.4, 1.61, 2,
        62, 0, 1, 37.5, 0.29, 1, 46.6, double.NaN, 1, 60.1, 2.23, 2, 44.8, 3.57, 0, 45.1, 9.33, 1, 20.9, 3.45, 0, 61.1, 0.16, 0, 52.5,
        1.11, 2, 55.5, 2.69, 1, 19.5, 0.8, 1, 83, 10.05, 1, 53.1, 8.7, 0, 42.3, 5.66, 0, 90.6, 1.92, 1, 49.1, 5.53, 2, 21, 0.42, 0, 41.9,
        1.11, 1, 4.2, 1.87, 1, 71, 4.06, 1, 41.7, 2, 2, 35.1, 0.44, 0, 71.4, 1.26, 0, 17, 1.18, 1, 60.7, 1.07, 0, 8.7, 0.54, 0, 36.8,
        1.61, 1, 25.9, 1.78, 0, 79.2, 4.47, 1, 85.3, 4.77, 2, 43.4, 2.22, 1,
    ];

    static readonly byte[] s_labels =
        [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0];

    static readonly ImmutableArray<FeatureColumn> s_features =
        [new("a", FeatureKind.Number), new("b", FeatureKind.Number), new("c", FeatureKind.Category)];

    /// <summary>
    /// scikit-learn 1.2.1: LogisticRegression(C=1/L2) on a and b standardised (ddof 0, missing b as 0), an indicator of missing b, one-hot
    /// c.
    /// </summary>
    [Theory]
    [InlineData(
        1,
        new[] { 0.793444008973929, 0, 1.5090965649647008, -0.3211666321453691,
            -0.8694651543095372, 0.061263794341056645, 0.808201360030673 },
        -0.4365915159860706, new[] { 0.3373073210335802, 0.9376245217232201, 0.30407253590900585 })]
    [InlineData(
        10,
        new[] { 0.3750965471340682, 0, 0.5866466345648212, -0.03808376733713134,
            -0.21497485179799158, 0.0022080394993328843, 0.21276681171393422 },
        -0.4255730306332073, new[] { 0.4295680412978868, 0.6622894603154547, 0.3383400611724837 })]
    public void Weights_and_probabilities_match_scikit_learn(double l2, double[] weights, double intercept, double[] probabilities)
    {
        var model = Made.Linear(new TrainingSet(s_features, s_values, s_labels), l2);

        double[] found = [.. model.WeightsOf(0), .. model.WeightsOf(1), .. model.WeightsOf(2)];
        for (var i = 0; i < weights.Length; i++) found[i].ShouldBe(weights[i], 1e-3, $"weight {i}");
        model.Intercept.ShouldBe(intercept, 1e-3);
        for (var row = 0; row < 3; row++) model.Score(s_values.AsSpan(row * 3, 3)).ShouldBe(probabilities[row], 1e-3);
    }

    [Fact]
    public void Large_numbers_and_separable_classes_still_converge()
    {
        var set = Made.Rows(500, ["time:number"], (_, row) =>
        {
            row[0] = 1.6e9 + row[0];
            return row[0] > 1.6e9 + 0.5;
        });

        var model = Made.Linear(set, 1e-3);

        model.Score([1.6e9]).ShouldBeLessThan(0.01);
        model.Score([1.6e9 + 1]).ShouldBeGreaterThan(0.99);
    }

    [Fact]
    public void A_batch_scores_as_its_rows_do_and_allocates_nothing()
    {
        var set = Made.Mixed(200);
        var model = Made.Linear(set);
        var scores = Made.Scores(model, set);

        Allocations.Of(() => model.Score(set.Values.Span, scores)).ShouldBe(0);
        for (var row = 0; row < 200; row++) scores[row].ShouldBe(model.Score(set.Values.Span.Slice(row * 5, 5)));
    }

    [Fact]
    public void A_saved_and_loaded_model_has_the_same_bits()
    {
        var set = Made.Mixed(500);
        var model = Made.Linear(set);
        var saved = Saved(model);

        var loaded = LogisticRegression.Load(saved);

        Saved(loaded).ShouldBe(saved);
        Made.Scores(loaded, set).ShouldBe(Made.Scores(model, set));
    }

    [Fact]
    public void A_truncated_or_inconsistent_file_is_refused()
    {
        var saved = Saved(Made.Linear(Made.Mixed(100)));
        var text = Encoding.UTF8.GetString(saved);

        for (var length = 0; length < saved.Length; length++)
            Should.Throw<ModelFormatException>(() => LogisticRegression.Load(saved.AsMemory(0, length)));
        Refusal(text.Replace("fraudstreams-logistic", "x")).ShouldContain("must be 'fraudstreams-logistic'");
        Refusal(text.Replace("\"version\":1", "\"version\":7")).ShouldContain("version 7");
        Refusal(text.Replace("\"codes\":[0,", "\"codes\":[")).ShouldContain("Feature 'c' has 10 weights; it needs 9");

        static string Refusal(string json) =>
            Should.Throw<ModelFormatException>(() => LogisticRegression.Load(Encoding.UTF8.GetBytes(json))).Message;
    }

    static byte[] Saved(LogisticRegression model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }
}
