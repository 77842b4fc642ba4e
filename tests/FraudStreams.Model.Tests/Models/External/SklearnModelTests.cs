using System.Collections.Immutable;
using System.Globalization;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.External;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.External;

/// <summary>Models that scikit-learn trained and skl2onnx wrote (make_sklearn.py), beside the scores that scikit-learn gives.</summary>
public sealed class SklearnModelTests
{
    /// <summary>scikit-learn computes in double precision, the written model in single.</summary>
    const double Tolerance = 1e-6;

    static readonly string[] s_kinds = ["food", "fuel", "travel"];

    static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Models", "External", "Stored");

    /// <summary>amount, distance (missing in a tenth), age, hour, kind; then the scores.</summary>
    static readonly string[][] s_lines = [.. File.ReadLines(Path.Combine(s_folder, "sklearn.csv")).Skip(1).Select(line => line.Split(','))];

    static readonly ImmutableArray<FeatureColumn> s_plan =
    [
        new("amount", FeatureKind.Number), new("distance", FeatureKind.Number), new("age", FeatureKind.Number), new("hour", FeatureKind.Number), new("kind", FeatureKind.Category),
    ];

    [Theory]
    [InlineData("boosting", "0")]
    [InlineData("forest", null)]
    public void Trees_of_scikit_learn_score_as_they_do_there(string model, string? missingDistance) => ShouldScoreAsThere(
        model, model == "boosting" ? 6 : 7, [new("float_input", [new(0, [], null), new(1, [], missingDistance), new(2, [], null)])]);

    /// <summary>Median for missing values, scaling and one-hot encoding are part of the model.</summary>
    [Fact]
    public void A_pipeline_over_the_columns_of_a_data_frame_scores_as_it_does_there() => ShouldScoreAsThere(
        "logistic", 5,
        [
            new("amount", [new(0, [], null)]), new("distance", [new(1, [], null)]), new("age", [new(2, [], null)]), new("hour", [new(3, [], "0")]), new("kind", [new(4, [.. s_kinds], null)]),
        ]);

    static void ShouldScoreAsThere(string model, int column, ImmutableArray<ModelInput> inputs)
    {
        var scorer = new ExternalModel(ExternalKind.Onnx, File.ReadAllBytes(Path.Combine(s_folder, $"sklearn-{model}.onnx")), s_plan, inputs, new ModelOutput("probabilities", "1", false)).ToScorer();
        var scores = new double[s_lines.Length];

        scorer.Score(s_lines.SelectMany(ValuesOf).ToArray(), scores);

        s_lines.Count(line => line[1].Length == 0).ShouldBeGreaterThan(s_lines.Length / 20);
        for (var row = 0; row < scores.Length; row++)
            scores[row].ShouldBe(Number(s_lines[row][column]), Tolerance, $"row {row}");
    }

    static double[] ValuesOf(string[] line) => [.. line[..4].Select(Number), Array.IndexOf(s_kinds, line[4])];

    static double Number(string text) => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);
}
