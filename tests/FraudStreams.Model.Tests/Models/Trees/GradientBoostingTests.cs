using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Trees;

public sealed class GradientBoostingTests
{
    [Fact]
    public void An_interaction_that_no_single_feature_shows_is_learned()
    {
        var set = Made.Rows(4000, ["a:number", "b:number"], (_, row) => (row[0] > 0.5) != (row[1] > 0.5));

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 60, MaxDepth = 3 });

        model.Score([0.1, 0.1]).ShouldBeLessThan(0.05);
        model.Score([0.9, 0.1]).ShouldBeGreaterThan(0.95);
        model.Score([0.1, 0.9]).ShouldBeGreaterThan(0.95);
        model.Score([0.9, 0.9]).ShouldBeLessThan(0.05);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Missing_values_take_the_side_that_they_resemble(bool missingIsFraud)
    {
        var set = Made.Rows(3000, ["a:number"], (n, row) =>
        {
            var fraud = row[0] > 0.7;
            if (n % 3 != 0) return fraud;
            row[0] = double.NaN;
            return missingIsFraud;
        });

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 60 });

        model.Score([double.NaN]).ShouldBeInRange(missingIsFraud ? 0.9 : 0.0, missingIsFraud ? 1.0 : 0.1);
        model.Score([0.9]).ShouldBeGreaterThan(0.9);
        model.Score([0.2]).ShouldBeLessThan(0.1);
    }

    [Fact]
    public void A_missing_value_can_be_all_that_matters()
    {
        var set = Made.Rows(2000, ["a:number"], (n, row) =>
        {
            if (n % 4 != 0) return false;
            row[0] = double.NaN;
            return true;
        });

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 60 });

        model.Score([double.NaN]).ShouldBeGreaterThan(0.9);
        model.Score([double.MaxValue]).ShouldBeLessThan(0.1);
        model.Score([double.MinValue]).ShouldBeLessThan(0.1);
    }

    [Fact]
    public void Categories_are_grouped_whatever_their_codes()
    {
        var set = Made.Rows(4000, ["c:category"], (_, row) => row[0] is 1 or 4 or 7 or 8);

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 60, MaxDepth = 1 });

        for (var code = 0; code < 10; code++)
            (model.Score([code]) > 0.5).ShouldBe(code is 1 or 4 or 7 or 8, $"category {code}");
    }

    [Fact]
    public void An_unknown_category_is_scored_like_a_missing_one()
    {
        var set = Made.Rows(2000, ["c:category", "a:number"], (_, row) => row[0] > 6 && row[1] > 0.3);

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 20 });

        foreach (var unknown in new[] { 10, 999_999, -1, 2.5, 1e300, double.NegativeInfinity })
            model.Score([unknown, 0.6]).ShouldBe(model.Score([double.NaN, 0.6]), $"category {unknown}");
    }

    [Fact]
    public void More_than_255_categories_keep_the_most_frequent()
    {
        var set = Made.Rows(6000, ["c:category"], (n, row) =>
        {
            row[0] = n % 2 == 0 ? 1000 + n : n % 5;
            return row[0] == 3;
        });

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 80 });

        model.Score([3]).ShouldBeGreaterThan(0.9);
        model.Score([2]).ShouldBeLessThan(0.1);
        model.Score([1000 + 5998]).ShouldBeLessThan(0.1);
    }

    [Fact]
    public void The_model_does_not_depend_on_the_number_of_threads()
    {
        var set = Made.Mixed(120_000);
        var settings = new BoostingSettings { Trees = 8, SubsampleRows = 0.8, SubsampleColumns = 0.7, Threads = 1 };

        var one = Made.Saved(GradientBoosting.Train(set.Slice(0, 100_000), set.Slice(100_000, 20_000), settings));
        var two = Made.Saved(GradientBoosting.Train(set.Slice(0, 100_000), set.Slice(100_000, 20_000), settings with { Threads = 2 }));
        var five = Made.Saved(GradientBoosting.Train(set.Slice(0, 100_000), set.Slice(100_000, 20_000), settings with { Threads = 5 }));

        two.ShouldBe(one);
        five.ShouldBe(one);
    }

    [Fact]
    public void The_seed_determines_the_subsamples()
    {
        var set = Made.Mixed(3000);
        var settings = new BoostingSettings { Trees = 5, SubsampleRows = 0.5, Seed = 1 };

        var first = Made.Saved(GradientBoosting.Train(set, null, settings));

        Made.Saved(GradientBoosting.Train(set, null, settings)).ShouldBe(first);
        Made.Saved(GradientBoosting.Train(set, null, settings with { Seed = 2 })).ShouldNotBe(first);
    }

    [Fact]
    public void Each_tree_splits_only_by_its_sampled_features()
    {
        var set = Made.Mixed(3000);

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 10, SubsampleColumns = 0.2 });

        foreach (var tree in model.AllTrees)
            tree.Nodes.Where(n => !n.IsLeaf).Select(n => n.Feature).Distinct().Count().ShouldBeLessThanOrEqualTo(1);
        model.AllTrees.SelectMany(t => t.Nodes).Where(n => !n.IsLeaf).Select(n => n.Feature).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData(StoppingMetric.AveragePrecision)]
    [InlineData(StoppingMetric.LogLoss)]
    public void Early_stopping_keeps_the_trees_that_were_best_on_later_rows(StoppingMetric metric)
    {
        var random = new Random(3);
        var set = Made.Rows(4000, ["a:number", "b:number"], (_, row) => random.NextDouble() < row[0] * 0.4);
        var seen = new List<BoostingProgress>();
        var settings = new BoostingSettings { Trees = 400, EarlyStoppingRounds = 20, StopBy = metric, MinChildWeight = 0, Lambda = 0 };

        var model = GradientBoosting.Train(set.Slice(0, 2000), set.Slice(2000, 2000), settings, new Listener(seen));

        var best = metric == StoppingMetric.LogLoss ? seen.MinBy(p => p.Validation) : seen.MaxBy(p => p.Validation);
        model.Trees.ShouldBe(best.Trees);
        seen.Count.ShouldBe(best.Trees + 20);
        seen[^1].Best.ShouldBe(best.Validation);
        var scores = Made.Scores(model, set.Slice(2000, 2000));
        if (metric == StoppingMetric.AveragePrecision)
            Ranking.AveragePrecision(scores, set.Slice(2000, 2000).Labels.Span).ShouldBe(best.Validation, 1e-9);
    }

    [Fact]
    public void Growing_by_best_gain_stops_at_the_leaf_limit()
    {
        var model = GradientBoosting.Train(Made.Mixed(5000), null, new BoostingSettings { Trees = 5, MaxLeaves = 7, MaxDepth = 16 });

        model.AllTrees.ShouldAllBe(tree => tree.Leaves == 7);
    }

    [Fact]
    public void A_row_of_weight_two_counts_like_two_rows()
    {
        var set = Made.Mixed(2000);
        var weights = Enumerable.Range(0, 2000).Select(row => row < 500 ? 2f : 1f).ToArray();
        var weighted = new TrainingSet(set.Features, set.Values, set.Labels, weights);
        var twice = new TrainingSet(
            set.Features,
            set.Values.ToArray().Concat(set.Slice(0, 500).Values.ToArray()).ToArray(),
            set.Labels.ToArray().Concat(set.Slice(0, 500).Labels.ToArray()).ToArray());
        // Bins depend on the rows; with few distinct values they stay the same.
        var settings = new BoostingSettings { Trees = 10 };

        var a = Made.Scores(GradientBoosting.Train(Made.Coarse(weighted), null, settings), Made.Coarse(set));
        var b = Made.Scores(GradientBoosting.Train(Made.Coarse(twice), null, settings), Made.Coarse(set));

        for (var row = 0; row < a.Length; row++) a[row].ShouldBe(b[row], 1e-5);
    }

    [Fact]
    public void A_positive_weight_raises_scores()
    {
        var set = Made.Mixed(3000);

        var plain = Made.Scores(GradientBoosting.Train(set, null, new BoostingSettings { Trees = 20 }), set);
        var weighted = Made.Scores(GradientBoosting.Train(set, null, new BoostingSettings { Trees = 20, PositiveWeight = 20 }), set);

        weighted.Average().ShouldBeGreaterThan(plain.Average() * 1.5);
    }

    [Fact]
    public void Scores_are_probabilities()
    {
        var random = new Random(5);
        var set = Made.Rows(40_000, ["a:number"], (_, row) => random.NextDouble() < 0.02 + 0.3 * row[0]);

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 100, MaxDepth = 3 });

        model.Score([0.1]).ShouldBe(0.05, 0.02);
        model.Score([0.9]).ShouldBe(0.29, 0.04);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Uniform_labels_give_a_uniform_score(bool fraud)
    {
        var model = GradientBoosting.Train(Made.Rows(500, ["a:number"], (_, _) => fraud), null, new BoostingSettings { Trees = 5 });

        model.Score([0.5]).ShouldBe(fraud ? 1 : 0, 1e-3);
    }

    [Fact]
    public void A_single_row_trains()
    {
        var model =
            GradientBoosting.Train(Made.Rows(1, ["a:number", "c:category"], (_, _) => true), null, new BoostingSettings { Trees = 3 });

        model.Score([0.5, 3]).ShouldBeGreaterThan(0.99);
    }

    [Fact]
    public void A_feature_that_is_always_missing_changes_nothing()
    {
        var with = Made.Rows(2000, ["a:number", "empty:number", "none:category"], (_, row) =>
        {
            row[1] = row[2] = double.NaN;
            return row[0] > 0.8;
        });

        var model = GradientBoosting.Train(with, null, new BoostingSettings { Trees = 20 });

        model.Importances().ShouldBe([1, 0, 0]);
        model.Score([0.9, 5, 5]).ShouldBe(model.Score([0.9, double.NaN, double.NaN]));
    }

    [Fact]
    public void Cancelling_ends_the_training()
    {
        using var cancel = new CancellationTokenSource();
        var seen = new List<BoostingProgress>();
        var listener = new Listener(seen, p => { if (p.Trees == 3) cancel.Cancel(); });

        var act = () => GradientBoosting.Train(Made.Mixed(1000), null, new BoostingSettings(), listener, cancel.Token);

        Should.Throw<OperationCanceledException>(act);

        seen.Count.ShouldBe(3);
    }

    public static TheoryData<BoostingSettings, string> BadSettings => new()
    {
        { new BoostingSettings { Trees = 0 }, "Trees" },
        { new BoostingSettings { LearningRate = 0 }, "LearningRate" },
        { new BoostingSettings { LearningRate = double.NaN }, "LearningRate" },
        { new BoostingSettings { MaxDepth = 17 }, "MaxDepth" },
        { new BoostingSettings { MaxLeaves = 1 }, "MaxLeaves" },
        { new BoostingSettings { MinChildWeight = -1 }, "MinChildWeight" },
        { new BoostingSettings { Lambda = double.PositiveInfinity }, "Lambda" },
        { new BoostingSettings { Gamma = -0.1 }, "Gamma" },
        { new BoostingSettings { MaxLeafStep = -1 }, "MaxLeafStep" },
        { new BoostingSettings { SubsampleRows = 1.1 }, "SubsampleRows" },
        { new BoostingSettings { SubsampleColumns = 0 }, "SubsampleColumns" },
        { new BoostingSettings { PositiveWeight = 0 }, "PositiveWeight" },
        { new BoostingSettings { MaxBins = 257 }, "MaxBins" },
        { new BoostingSettings { CategorySmoothing = -1 }, "CategorySmoothing" },
        { new BoostingSettings { CategoryLambda = double.NaN }, "CategoryLambda" },
        { new BoostingSettings { EarlyStoppingRounds = -1 }, "EarlyStoppingRounds" },
        { new BoostingSettings { StopBy = (StoppingMetric)9 }, "StopBy" },
        { new BoostingSettings { Threads = -1 }, "Threads" },
    };

    [Theory]
    [MemberData(nameof(BadSettings))]
    public void A_setting_out_of_range_is_refused_by_name(BoostingSettings settings, string name)
    {
        var error = Should.Throw<ArgumentException>(() => GradientBoosting.Train(Made.Mixed(100), null, settings));

        error.Message.ShouldContain($"BoostingSettings.{name} is ");
        error.Message.ShouldContain("it must be");
    }

    [Fact]
    public void Validation_rows_that_cannot_stop_the_training_are_refused()
    {
        var set = Made.Mixed(1000);
        var other = Made.Rows(100, ["x:number"], (_, _) => true);
        var withoutFraud = new TrainingSet(set.Features, set.Values, new byte[1000]);

        Should.Throw<ArgumentException>(() => GradientBoosting.Train(set, other, new BoostingSettings()))
            .Message.ShouldContain("other features");
        Should.Throw<ArgumentException>(() => GradientBoosting.Train(set, withoutFraud, new BoostingSettings()))
            .Message.ShouldContain("No validation row is labelled 1");
    }

    sealed class Listener(List<BoostingProgress> seen, Action<BoostingProgress>? then = null) : IProgress<BoostingProgress>
    {
        public void Report(BoostingProgress value)
        {
            seen.Add(value);
            then?.Invoke(value);
        }
    }
}
