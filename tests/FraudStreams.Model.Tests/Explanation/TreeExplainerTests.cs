using FraudStreams.Model.Explanation;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Tests.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Explanation;

public sealed class TreeExplainerTests
{
    const double Rounding = 1e-9;

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 3, 4, 6)]
    [InlineData(3, 5, 10, 12)]
    [InlineData(4, 7, 6, 30)]
    [InlineData(5, 6, 3, 70)]
    public void Contributions_are_the_Shapley_values_of_their_definition(int seed, int features, int trees, int splits)
    {
        var model = RandomTrees.Ensemble(seed, features, trees, splits);

        CompareWithBruteForce(model, RandomTrees.Rows(seed, model, 70));
    }

    [Theory]
    [InlineData(4, 11)]
    [InlineData(12, 12)]
    [InlineData(13, 40)]
    public void Long_paths_are_exact_with_and_without_repeated_features(int features, int splits)
    {
        var model = RandomTrees.Chain(features, splits);

        CompareWithBruteForce(model, RandomTrees.Rows(splits, model, 5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(500)]
    public void Base_and_contributions_of_a_random_model_sum_to_its_score(int rows)
    {
        var model = RandomTrees.Ensemble(9, 30, 50, 60);

        CheckSums(model, RandomTrees.Rows(10, model, rows));
    }

    [Theory]
    [InlineData(31, 10, 1)]
    [InlineData(0, 12, 0)]
    [InlineData(200, 16, 0)]
    public void Base_and_contributions_of_a_trained_model_sum_to_its_score(int leaves, int depth, double minWeight)
    {
        var set = Made.Mixed(4000);
        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 40, MaxLeaves = leaves, MaxDepth = depth, MinChildWeight = minWeight });

        CheckSums(model, set.Values.ToArray());
        CompareWithBruteForce(model, set.Slice(0, 20).Values.ToArray());
    }

    [Fact]
    public void A_saved_and_loaded_model_has_the_same_contributions()
    {
        var set = Made.Mixed(1000);
        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 10 });

        Contributions(TreeEnsemble.Load(Made.Saved(model)), set.Values.ToArray()).ShouldBe(Contributions(model, set.Values.ToArray()));
    }

    [Fact]
    public void A_row_has_the_same_contributions_alone_and_in_a_batch()
    {
        var model = RandomTrees.Ensemble(3, 8, 20, 30);
        var rows = RandomTrees.Rows(4, model, 130);

        var batch = Contributions(model, rows);

        for (var row = 0; row < 130; row++)
            Contributions(model, rows[(row * 8)..((row + 1) * 8)]).ShouldBe(batch[(row * 8)..((row + 1) * 8)]);
    }

    [Fact]
    public void Infinite_values_and_unknown_categories_take_the_path_of_the_score()
    {
        var model = RandomTrees.Ensemble(6, 6, 30, 20);
        var rows = RandomTrees.Rows(6, model, 64);
        for (var at = 0; at < rows.Length; at += 4)
            rows[at] = (at / 4 % 4) switch { 0 => double.PositiveInfinity, 1 => double.NegativeInfinity, 2 => -3, _ => 2.5 };

        CheckSums(model, rows);
    }

    [Fact]
    public void A_model_without_splits_has_its_score_as_base()
    {
        var model = GradientBoosting.Train(Made.Rows(50, ["a:number"], (_, _) => true), null, new BoostingSettings { Trees = 2 });

        CheckSums(model, [0.5, double.NaN]);
    }

    [Fact]
    public void A_model_without_covers_says_that_it_gives_no_reasons()
    {
        var model = RandomTrees.Ensemble(1, 2, 2, 3);
        var bare = new TreeEnsemble(
            model.Features, [.. model.Categories], model.BaseMargin, [.. model.AllTrees.Select(tree => tree with { Covers = new double[tree.Covers.Length] })]);

        Explainer.TryCreate(bare, out var explainer, out var why).ShouldBeFalse();

        explainer.ShouldBeNull();
        why.ShouldNotBeNull().ShouldContain("tree 0 has no covers");
        why.ShouldContain("fraudstreams train");
    }

    [Fact]
    public void A_node_that_no_weight_reached_keeps_the_sum()
    {
        var tree = new RegressionTree(
            [new(0.5, 1, 0, false, false), new(0.5, 3, 1, false, false), TreeNode.Leaf(1), TreeNode.Leaf(2), TreeNode.Leaf(-4)], [], [7, 0, 7, 0, 0], new double[5]);
        var model = new TreeEnsemble([new("a", FeatureKind.Number), new("b", FeatureKind.Number)], new CategoryTable?[2], 0, [tree]);

        CheckSums(model, [0.1, 0.2, 0.1, 0.9, 0.9, 0.2]);
    }

    [Fact]
    public void Contributions_that_are_not_the_same_rows_are_refused()
    {
        var explainer = Of(RandomTrees.Ensemble(1, 3, 2, 3));

        Should.Throw<ArgumentException>(() => explainer.Explain(new double[6], new double[5])).Message.ShouldContain("are not the same rows of 3 features");
        Should.Throw<ArgumentException>(() => explainer.Explain(new double[5], new double[5]));
    }

    [Fact]
    public void Explaining_allocates_nothing()
    {
        foreach (var model in new[] { RandomTrees.Ensemble(2, 6, 20, 30), RandomTrees.Chain(13, 40) })
        {
            var explainer = Of(model);
            var rows = RandomTrees.Rows(2, model, 200);
            var contributions = new double[rows.Length];

            Allocations.Of(() => explainer.Explain(rows, contributions)).ShouldBe(0);
        }
    }

    [Fact]
    public void The_terms_of_a_linear_model_sum_to_its_score()
    {
        var set = Made.Mixed(2000);
        var model = Made.Linear(set);
        var contributions = Contributions(model, set.Values.ToArray());

        var scores = Made.Scores(model, set);

        Explainer.TryCreate(model, out var explainer, out _).ShouldBeTrue();
        for (var row = 0; row < set.Rows; row++)
        {
            var sum = explainer.BaseValue + contributions.AsSpan(row * 5, 5).ToArray().Sum();
            sum.ShouldBe(Math.Log(scores[row] / (1 - scores[row])), 1e-6);
        }
    }

    [Fact]
    public void Another_kind_of_model_says_that_it_gives_no_reasons()
    {
        Explainer.TryCreate(new Constant(), out _, out var why).ShouldBeFalse();

        why.ShouldBe("a Constant gives no reasons; trees and logistic regression do");
    }

    static void CompareWithBruteForce(TreeEnsemble model, double[] rows)
    {
        CheckSums(model, rows);
        var contributions = Contributions(model, rows);
        for (var row = 0; row < rows.Length / model.FeatureCount; row++)
        {
            var expected = BruteForce.Shapley(model, rows.AsSpan(row * model.FeatureCount, model.FeatureCount));
            for (var feature = 0; feature < model.FeatureCount; feature++)
                contributions[row * model.FeatureCount + feature].ShouldBe(expected[feature], Rounding, $"row {row}, feature {feature}");
        }
    }

    static void CheckSums(TreeEnsemble model, double[] rows)
    {
        var margins = new double[rows.Length / model.FeatureCount];
        model.WalkMargins(rows, margins);
        var contributions = Contributions(model, rows);
        var from = Of(model).BaseValue;
        for (var row = 0; row < margins.Length; row++)
            (from + contributions.AsSpan(row * model.FeatureCount, model.FeatureCount).ToArray().Sum()).ShouldBe(margins[row], Rounding, $"row {row}");
    }

    static double[] Contributions(IScorer model, double[] rows)
    {
        var contributions = new double[rows.Length];
        Of(model).Explain(rows, contributions);
        return contributions;
    }

    static Explainer Of(IScorer model) => Explainer.TryCreate(model, out var explainer, out var why) ? explainer : throw new InvalidOperationException(why);

    sealed class Constant : IScorer
    {
        public int FeatureCount => 1;

        public void Score(ReadOnlySpan<double> features, Span<double> scores) => scores.Fill(0.5);
    }
}
