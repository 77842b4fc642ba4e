using System.Text;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Trees;

public sealed class TreeEnsembleTests
{
    static readonly TrainingSet s_set = Made.Mixed(4000);
    static readonly TreeEnsemble s_model = GradientBoosting.Train(s_set, null, new BoostingSettings { Trees = 30 });

    [Theory]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(500)]
    public void A_batch_scores_as_its_rows_do_one_by_one(int rows)
    {
        var features = s_set.Slice(0, rows).Values.ToArray();
        // Values that no training row had: infinities, unknown and invalid categories.
        features[0] = double.PositiveInfinity;
        features[5] = double.NegativeInfinity;
        features[2] = 77;
        features[7] = -3;
        var scores = new double[rows];

        s_model.Score(features, scores);

        for (var row = 0; row < rows; row++)
            scores[row].ShouldBe(s_model.Score(features.AsSpan(row * 5, 5)), $"row {row}");
    }

    [Fact]
    public void Blocks_give_the_same_bits_as_walking_the_trees()
    {
        var model =
            GradientBoosting.Train(s_set, null, new BoostingSettings { Trees = 15, MaxLeaves = 200, MaxDepth = 16, MinChildWeight = 0 });
        var walked = new double[s_set.Rows];
        var blocks =
            BlockScorer.TryCompile(model.FeatureCount, model.BaseMargin, [.. model.Categories], [.. model.AllTrees]).ShouldNotBeNull();
        var margins = new double[s_set.Rows];

        model.WalkMargins(s_set.Values.Span, walked);
        blocks.Margins(s_set.Values.Span, margins);

        margins.ShouldBe(walked);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(510)]
    [InlineData(511)]
    [InlineData(3000)]
    public void Features_with_many_thresholds_score_alike_in_blocks(int thresholds)
    {
        var random = new Random(thresholds);
        double[] cuts = [.. Enumerable.Range(0, thresholds).Select(i => i + random.NextDouble() / 2)];
        var trees = ManyTrees(cuts, random);
        // Every threshold with its neighbours, and what lies beyond.
        double[] values = [.. cuts.SelectMany(cut => new[] { Math.BitDecrement(cut), cut, Math.BitIncrement(cut) }), double.NaN, -1, double.NegativeInfinity, double.PositiveInfinity];
        double[] rows = [.. values.SelectMany(value => new[] { value, values[random.Next(values.Length)] })];
        var model = TreeEnsemble.Load(Made.Saved(new TreeEnsemble([new("a", FeatureKind.Number), new("b", FeatureKind.Number)], [null, null], 0.5, trees, singlePrecision: true)));
        var (walked, scores) = (new double[values.Length], new double[values.Length]);

        model.HasBlocks.ShouldBeTrue();
        model.WalkMargins(rows, walked);
        BlockScorer.TryCompile(2, 0.5, [null, null], [.. model.AllTrees], singlePrecision: true).ShouldNotBeNull().Margins(rows, scores);

        scores.ShouldBe(walked);
        model.AllTrees.SelectMany(tree => tree.Nodes).Where(node => !node.IsLeaf && node.Feature == 0).Select(node => node.Number).Distinct().Count().ShouldBe(thresholds);
    }

    /// <summary>Trees of seven leaves that test every threshold of two features, missing values going both ways, with a tree of 300 leaves among them.</summary>
    static RegressionTree[] ManyTrees(double[] cuts, Random random)
    {
        var next = 0;
        var trees = new List<RegressionTree>();
        while (next < cuts.Length * 2)
            trees.Add(Chain(7));
        trees.Insert(trees.Count / 2, Chain(300));
        return [.. trees];

        RegressionTree Chain(int leaves)
        {
            var nodes = new List<TreeNode>();
            for (var i = 0; i < leaves - 1; i++, next++)
            {
                nodes.Add(new TreeNode(cuts[next % cuts.Length], (2 * i) + 1, (ushort)(next / cuts.Length % 2), false, random.Next(2) == 0));
                nodes.Add(TreeNode.Leaf(random.NextDouble() - 0.5));
            }

            nodes.Add(TreeNode.Leaf(random.NextDouble() - 0.5));
            return new RegressionTree([.. nodes], [], new double[nodes.Count], new double[nodes.Count]);
        }
    }

    [Fact]
    public void Thresholds_and_sets_of_one_feature_score_alike_in_blocks()
    {
        // Nodes 0 and 1 compare the code of a category with a threshold, node 2 tests a set of it, and both features are tested both ways.
        var set = default(BinSet);
        set.Add(1);
        set.Add(4);
        TreeNode[] nodes =
        [
            new(2.5, 1, 0, false, true), new(0.5, 3, 0, false, false), new(0, 5, 0, true, true),
            TreeNode.Leaf(-1.5), TreeNode.Leaf(0.25), TreeNode.Leaf(0.75), TreeNode.Leaf(2),
        ];
        var model = new TreeEnsemble(
            [new("c", FeatureKind.Category), new("hour", FeatureKind.Number)], [new CategoryTable([0, 1, 2, 3, 4, 5]), new CategoryTable([0, 1, 2, 3, 4, 5])], -1,
            [.. Enumerable.Range(0, 2).Select(f => new RegressionTree([.. nodes.Select(n => n with { Feature = (ushort)f })], [set], new double[7], new double[7]))]);
        double[] rows = [.. Enumerable.Range(0, 8 * 8).SelectMany(i => new double[] { i % 8 == 7 ? double.NaN : i % 8, i / 8 == 7 ? double.NaN : i / 8 })];
        var (walked, margins) = (new double[64], new double[64]);

        var loaded = TreeEnsemble.Load(Made.Saved(model));
        loaded.WalkMargins(rows, walked);
        BlockScorer.TryCompile(2, -1, [.. loaded.Categories], [.. loaded.AllTrees]).ShouldNotBeNull().Margins(rows, margins);

        margins.ShouldBe(walked);
        walked[0].ShouldBe(-1 - 1.5 - 1.5);
        walked[3].ShouldBe(-1 + 2 - 1.5);
        walked[4].ShouldBe(-1 + 0.75 - 1.5);
        walked[63].ShouldBe(-1 + 0.25 + 0.25);
    }

    [Fact]
    public void Trees_of_many_leaves_are_walked_among_the_others()
    {
        var set = Made.Rows(5000, ["a:number", "b:number"], (_, row) => Math.Sin(row[0] * 90) * Math.Sin(row[1] * 90) > 0);

        var model = GradientBoosting.Train(set, null, new BoostingSettings { Trees = 4, MaxDepth = 14, MaxLeaves = 0, MinChildWeight = 0 });

        model.AllTrees.Max(t => t.Leaves).ShouldBeGreaterThan(256);
        var scores = Made.Scores(model, set);
        for (var row = 0; row < 100; row++) scores[row].ShouldBe(model.Score(set.Values.Span.Slice(row * 2, 2)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void Scoring_allocates_nothing(int rows)
    {
        var features = s_set.Slice(0, rows).Values;
        var scores = new double[rows];

        Allocations.Of(() =>
        {
            for (var i = 0; i < 20; i++)
                s_model.Score(features.Span, scores);
        }).ShouldBe(0);
    }

    [Fact]
    public void Rows_of_another_width_are_refused()
    {
        var error = Should.Throw<ArgumentException>(() => s_model.Score(new double[9], new double[2]));

        error.Message.ShouldContain("2 rows of 5 features are 10 values, not 9");
    }

    [Fact]
    public void A_saved_and_loaded_model_has_the_same_bits()
    {
        var saved = Made.Saved(s_model);

        var loaded = TreeEnsemble.Load(saved);

        Made.Saved(loaded).ShouldBe(saved);
        Made.Scores(loaded, s_set).ShouldBe(Made.Scores(s_model, s_set));
        loaded.Features.ShouldBe(s_model.Features);
    }

    [Fact]
    public void A_truncated_file_is_refused()
    {
        var saved = Made.Saved(GradientBoosting.Train(s_set, null, new BoostingSettings { Trees = 1, MaxDepth = 2 }));

        for (var length = 0; length < saved.Length; length++)
            Should.Throw<ModelFormatException>(() => TreeEnsemble.Load(saved.AsMemory(0, length)));
    }

    [Theory]
    [InlineData("\"format\":\"fraudstreams-trees\"", "\"format\":\"other\"", "must be 'fraudstreams-trees'")]
    [InlineData("\"version\":1", "\"version\":3", "version 3")]
    [InlineData("\"kind\":\"number\"", "\"kind\":\"colour\"", "kind 'colour'")]
    [InlineData("\"left\":[1,", "\"left\":[0,", "Tree 0, node 0: its children")]
    [InlineData("\"left\":[1,", "\"left\":[9999,", "Tree 0, node 0: its children")]
    [InlineData("\"left\":[1,", "\"left\":[", "Tree 0: its columns must be of one length")]
    [InlineData("\"feature\":[", "\"feature\":[77,", "one length")]
    [InlineData(
        "\"trees\":[",
        "\"trees\":[{\"feature\":[-1,-1],\"number\":[1,2],\"left\":[-1,-1],\"missing\":[0,0],\"cover\":[1,1],\"gain\":[0,0],\"sets\":[]},",
        "Tree 0: a node other than its first has no parent")]
    [InlineData("\"trees\":[{", "\"trees\":[{},{", "cannot be read")]
    [InlineData("\"codes\":[0,1", "\"codes\":[1,0", "must ascend")]
    [InlineData("\"baseMargin\":", "\"base\":", "cannot be read")]
    [InlineData("\"sets\":[[", "\"sets\":[[300,", "cannot be read")]
    public void An_inconsistent_file_is_refused_with_the_reason(string found, string put, string reason)
    {
        var text = Encoding.UTF8.GetString(Made.Saved(s_model));
        text.ShouldContain(found);
        var at = text.IndexOf(found, StringComparison.Ordinal);
        var broken = text[..at] + put + text[(at + found.Length)..];

        var error = Should.Throw<ModelFormatException>(() => TreeEnsemble.Load(Encoding.UTF8.GetBytes(broken)));

        error.Message.ShouldContain(reason);
    }
}
