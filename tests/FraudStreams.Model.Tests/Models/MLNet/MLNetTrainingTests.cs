using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Explanation;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.MLNet;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Tests.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.MLNet;

public sealed class MLNetTrainingTests
{
    static readonly TrainingSet s_set = Made.Mixed(4000);
    static readonly MLNetSettings s_few = new() { Trees = 20, MaxLeaves = 15, Threads = 1 };

    [Theory]
    [InlineData(MLNetAlgorithm.Logistic, 0.35)]
    [InlineData(MLNetAlgorithm.LightGbm, 0.45)]
    [InlineData(MLNetAlgorithm.FastTree, 0.45)]
    public void A_model_of_MLNet_is_taken_over_and_learns(MLNetAlgorithm algorithm, double least)
    {
        var model = MLNetTraining.Train(s_set.Slice(0, 3000), s_set.Slice(3000, 500), s_few with { Algorithm = algorithm });

        // Compared with ML.NET's own scores in the training: single precision.
        model.LargestDifference.ShouldBeLessThan(1e-6);
        var later = s_set.Slice(3500, 500);
        Ranking.AveragePrecision(Made.Scores(model.Scorer, later), later.Labels.Span).ShouldBeGreaterThan(least);
    }

    [Theory]
    [InlineData(MLNetAlgorithm.LightGbm)]
    [InlineData(MLNetAlgorithm.FastTree)]
    public void Trees_of_MLNet_are_stored_and_explained_as_ours(MLNetAlgorithm algorithm)
    {
        var trees = MLNetTraining.Train(s_set, null, s_few with { Algorithm = algorithm }).Scorer.ShouldBeOfType<TreeEnsemble>();
        var (contributions, margins) = (new double[s_set.Values.Length], new double[s_set.Rows]);

        Made.Scores(TreeEnsemble.Load(Made.Saved(trees)), s_set).ShouldBe(Made.Scores(trees, s_set));
        Explainer.TryCreate(trees, out var explainer, out var why).ShouldBeTrue(why);
        explainer!.Explain(s_set.Values.Span, contributions);
        trees.WalkMargins(s_set.Values.Span, margins);

        trees.Trees.ShouldBe(20);
        for (var row = 0; row < s_set.Rows; row += 100)
            (explainer.BaseValue + contributions.AsSpan(row * 5, 5).ToArray().Sum()).ShouldBe(margins[row], 1e-9, $"row {row}");
    }

    [Fact]
    public void LightGBM_stops_where_the_validation_no_longer_gains()
    {
        var trees = MLNetTraining.Train(s_set.Slice(0, 3000), s_set.Slice(3000, 1000), s_few with { Trees = 400, EarlyStoppingRounds = 5 }).Scorer.ShouldBeOfType<TreeEnsemble>();

        trees.Trees.ShouldBeInRange(3, 200);
    }

    [Fact]
    public void The_same_rows_and_seed_give_the_same_weights()
    {
        var (one, other) = (Weights(), Weights());

        one.ShouldBe(other);

        static double[] Weights() => Made.Scores(MLNetTraining.Train(s_set, null, s_few with { Algorithm = MLNetAlgorithm.Logistic }).Scorer.ShouldBeOfType<LogisticRegression>(), s_set);
    }

    [Fact]
    public void A_cancelled_training_ends() =>
        Should.Throw<OperationCanceledException>(() => MLNetTraining.Train(s_set, null, s_few with { Algorithm = MLNetAlgorithm.FastTree, Trees = 5000 }, new CancellationToken(true)));
}
