using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Tests.Explanation;

/// <summary>Random ensembles and rows: numbers in 0..1 and categories 0..6, some of them unknown, with missing values.</summary>
static class RandomTrees
{
    public static TreeEnsemble Ensemble(int seed, int features, int trees, int splits)
    {
        var random = new Random(seed);
        var columns = Enumerable.Range(0, features).Select(i => new FeatureColumn($"f{i}", i % 3 == 2 ? FeatureKind.Category : FeatureKind.Number)).ToImmutableArray();
        return new TreeEnsemble(
            columns,
            [.. columns.Select(column => column.Kind == FeatureKind.Category ? new CategoryTable([0, 1, 2, 3, 4]) : null)],
            -3,
            [.. Enumerable.Range(0, trees).Select(_ => Tree(random, columns, splits))]);
    }

    /// <summary>One below another all along, so that paths are as long as there are splits.</summary>
    public static TreeEnsemble Chain(int features, int splits)
    {
        var nodes = new List<TreeNode>();
        var covers = new List<double> { 1000 };
        for (var split = 0; split < splits; split++)
        {
            nodes.Add(new TreeNode(0.5, nodes.Count + 1, (ushort)(split % features), false, split % 2 == 0));
            nodes.Add(TreeNode.Leaf(split * 0.3 - 1));
            covers.AddRange([covers[^1] * 0.3, covers[^1] * 0.7]);
        }

        nodes.Add(TreeNode.Leaf(2));
        // The left child of each split is the leaf, the right one the next split.
        return new TreeEnsemble(
            [.. Enumerable.Range(0, features).Select(i => new FeatureColumn($"f{i}", FeatureKind.Number))], new CategoryTable?[features], -1,
            [new RegressionTree([.. nodes], [], [.. covers], new double[nodes.Count])]);
    }

    public static double[] Rows(int seed, TreeEnsemble model, int rows)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * model.FeatureCount).Select(i =>
            random.Next(8) == 0 ? double.NaN : model.Features[i % model.FeatureCount].Kind == FeatureKind.Category ? random.Next(7) : random.NextDouble())];
    }

    static RegressionTree Tree(Random random, ImmutableArray<FeatureColumn> columns, int splits)
    {
        List<TreeNode> nodes = [TreeNode.Leaf(0)];
        List<double> covers = [1 + random.NextDouble() * 100];
        var sets = new List<BinSet>();
        for (var split = 0; split < splits; split++)
        {
            int at;
            do
                at = random.Next(nodes.Count);
            while (!nodes[at].IsLeaf);
            var feature = random.Next(columns.Length);
            var isSet = columns[feature].Kind == FeatureKind.Category;
            if (isSet)
            {
                var set = default(BinSet);
                for (var number = 0; number < 5; number++)
                {
                    if (random.Next(2) == 0)
                        set.Add(number);
                }

                sets.Add(set);
            }

            nodes[at] = new TreeNode(isSet ? sets.Count - 1 : random.NextDouble(), nodes.Count, (ushort)feature, isSet, random.Next(2) == 0);
            var share = 0.05 + 0.9 * random.NextDouble();
            for (var child = 0; child < 2; child++)
            {
                nodes.Add(TreeNode.Leaf(random.NextDouble() * 2 - 1));
                covers.Add(covers[at] * (child == 0 ? share : 1 - share));
            }
        }

        return new RegressionTree([.. nodes], [.. sets], [.. covers], new double[nodes.Count]);
    }
}
