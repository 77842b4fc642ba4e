using System.Collections.Immutable;
using System.Globalization;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.External;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.External;

/// <summary>ONNX files of the shapes that skl2onnx and networks have (make_models.py), beside the scores that they give.</summary>
public sealed class ExternalScorerTests
{
    /// <summary>Of single precision.</summary>
    const double Tolerance = 1e-6;

    static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Models", "External", "Stored");
    static readonly double[][] s_rows = Rows("scores.csv");

    static readonly ImmutableArray<FeatureColumn> s_numbers = [new("a", FeatureKind.Number), new("b", FeatureKind.Number), new("c", FeatureKind.Number)];

    [Theory]
    [InlineData("tensor.onnx", "float_input", null, null)]
    [InlineData("tensor.onnx", "float_input", "probabilities", "1")]
    [InlineData("zipmap.onnx", "float_input", null, null)]
    [InlineData("named.onnx", "float_input", null, "fraud")]
    [InlineData("fixed.onnx", "x", null, null)]
    [InlineData("logits.onnx", "x", "logit", null)]
    public void An_ONNX_model_gives_its_scores(string file, string input, string? output, string? ofClass)
    {
        var complete = s_rows.Where(row => !row[..3].Any(double.IsNaN)).ToArray();
        var scorer = Onnx(file, input, new ModelOutput(output, ofClass, file == "logits.onnx"));
        var scores = new double[complete.Length];

        scorer.Score(complete.SelectMany(row => row[..3]).ToArray(), scores);

        complete.Length.ShouldBeGreaterThan(64);
        for (var row = 0; row < scores.Length; row++)
        {
            scores[row].ShouldBe(complete[row][3], Tolerance, $"row {row}");
            Alone(scorer, complete[row][..3]).ShouldBe(scores[row], $"row {row} alone");
        }
    }

    [Fact]
    public void Missing_values_are_NaN()
    {
        var scorer = Onnx("trees.onnx", "float_input", new ModelOutput(null, null, false));
        var scores = new double[s_rows.Length];

        scorer.Check();
        scorer.Score(s_rows.SelectMany(row => row[..3]).ToArray(), scores);

        for (var row = 0; row < scores.Length; row++)
            scores[row].ShouldBe(s_rows[row][4], Tolerance, $"row {row}");
    }

    [Fact]
    public void Inputs_of_each_feature_are_filled_with_numbers_and_texts()
    {
        var lines = File.ReadLines(Path.Combine(s_folder, "columns.csv")).Skip(1).Select(line => line.Split(',')).ToArray();
        string[] kinds = ["travel", "food", "fuel"];
        // The plan has another order than the model, and a feature that the model does not take.
        ImmutableArray<FeatureColumn> plan = [new("hour", FeatureKind.Number), new("other", FeatureKind.Number), new("kind", FeatureKind.Category), new("amount", FeatureKind.Number)];
        var scorer = Scorer("columns.onnx", plan, [new("kind", [new(2, [.. kinds], null)]), new("amount", [new(3, [], "0")]), new("hour", [new(0, [], "-1")])], new(null, null, false));
        var rows = lines.SelectMany(line => new[] { Number(line[2]), 7, line[1].Length == 0 ? double.NaN : Array.IndexOf(kinds, line[1]), Number(line[0]) }).ToArray();
        var scores = new double[lines.Length];

        scorer.Check();
        scorer.Score(rows, scores);

        for (var row = 0; row < scores.Length; row++)
            scores[row].ShouldBe(Number(lines[row][3]), Tolerance, $"row {row}");
    }

    [Fact]
    public void A_model_that_looks_at_other_rows_is_refused() =>
        Should.Throw<ModelFormatException>(() => Onnx("batch.onnx", "x", new ModelOutput(null, null, false)).Check()).Message
            .ShouldContain("a payment's score may not depend on the payments that it is scored with");

    [Fact]
    public void A_model_without_a_score_for_missing_values_is_refused_with_the_cure() =>
        Should.Throw<ModelFormatException>(() => Onnx("tensor.onnx", "float_input", new ModelOutput(null, null, false)).Check()).Message
            .ShouldContain("it does not score a row where a is missing: The model gives NaN");

    [Fact]
    public void Log_odds_that_are_not_said_to_be_are_refused_with_the_cure() =>
        Should.Throw<ModelFormatException>(() => Onnx("logits.onnx", "x", new ModelOutput("logit", null, false)).Check()).Message
            .ShouldContain("output { log-odds = on }");

    [Theory]
    [InlineData("logits.onnx", "x", null, null, "2 of its outputs logit (Float), sureness (Float) may be the score: say in the map output { name = logit }")]
    [InlineData("tensor.onnx", "float_input", "label", null, "its output label is none of probabilities, which may be the score")]
    [InlineData("tensor.onnx", "x", null, null, "it has no input x; it has float_input (Float[?,3])")]
    [InlineData("columns.onnx", "amount", null, null, "the map gives nothing for its input kind")]
    public void Inputs_and_outputs_that_do_not_fit_are_refused(string file, string input, string? output, string? ofClass, string reason) =>
        Should.Throw<ModelFormatException>(() => Onnx(file, input, new ModelOutput(output, ofClass, false))).Message.ShouldContain(reason);

    [Fact]
    public void Too_few_features_for_an_input_are_refused() =>
        Should.Throw<ModelFormatException>(() => Scorer("tensor.onnx", s_numbers, [new("float_input", [new(0, [], null), new(1, [], null)])], new(null, null, false))).Message
            .ShouldContain("the map gives 2 features for its input float_input");

    [Fact]
    public void An_input_of_texts_wants_a_category_and_one_of_whole_numbers_what_stands_for_missing()
    {
        ModelInput amount = new("amount", [new(0, [], "0")]), kind = new("kind", [new(1, ["food"], null)]), hour = new("hour", [new(2, [], "0")]);

        Should.Throw<ModelFormatException>(() => Scorer("columns.onnx", s_numbers, [amount, kind with { Values = [new(1, [], null)] }, hour], new(null, null, false))).Message
            .ShouldContain("its input kind is of texts, and b is a number");
        Should.Throw<ModelFormatException>(() => Scorer("columns.onnx", s_numbers, [amount, kind, hour with { Values = [new(2, [], null)] }], new(null, null, false))).Message
            .ShouldContain("its input hour is of type Int64, which has no missing values: say in the map of c missing = NUMBER");
        Should.Throw<ModelFormatException>(() => Scorer("columns.onnx", s_numbers, [amount, kind, hour with { Values = [new(2, [], "none")] }], new(null, null, false))).Message
            .ShouldContain("what stands for a missing c is none, which is no number");
    }

    [Fact]
    public void A_damaged_file_is_refused() =>
        Should.Throw<ModelFormatException>(() => ExternalModel.InputsOf(ExternalKind.Onnx, File.ReadAllBytes(Path.Combine(s_folder, "trees.onnx")).AsMemory(0, 400))).Message
            .ShouldContain("it is no ONNX model that ONNX Runtime");

    [Fact]
    public void It_gives_no_reasons_and_says_so()
    {
        Explainer.TryCreate(Onnx("trees.onnx", "float_input", new ModelOutput(null, null, false)), out _, out var why).ShouldBeFalse();

        why.ShouldBe("a model that ONNX Runtime scores gives no reasons; trees and logistic regression do");
    }

    static ExternalScorer Onnx(string file, string input, ModelOutput output) =>
        Scorer(file, s_numbers, [new(input, [.. Enumerable.Range(0, file == "columns.onnx" ? 1 : 3).Select(column => new InputValue(column, [], null))])], output);

    static ExternalScorer Scorer(string file, ImmutableArray<FeatureColumn> plan, ImmutableArray<ModelInput> inputs, ModelOutput output) =>
        new ExternalModel(ExternalKind.Onnx, File.ReadAllBytes(Path.Combine(s_folder, file)), plan, inputs, output).ToScorer();

    static double Alone(ExternalScorer scorer, double[] row)
    {
        var score = new double[1];
        scorer.Score(row, score);
        return score[0];
    }

    static double[][] Rows(string file) => [.. File.ReadLines(Path.Combine(s_folder, file)).Skip(1).Select(line => line.Split(',').Select(Number).ToArray())];

    static double Number(string text) => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);
}
