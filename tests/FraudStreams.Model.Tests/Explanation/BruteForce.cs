using System.Numerics;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Tests.Explanation;

/// <summary>Shapley values by their definition, over all sets of features.</summary>
static class BruteForce
{
    public static double[] Shapley(TreeEnsemble model, ReadOnlySpan<double> row)
    {
        var count = model.FeatureCount;
        var expected = new double[1 << count];
        for (var known = 0; known < expected.Length; known++)
        {
            foreach (var tree in model.AllTrees)
                expected[known] += Expected(tree, 0, row, known, [.. model.Categories]);
        }

        var values = new double[count];
        for (var feature = 0; feature < count; feature++)
        {
            for (var known = 0; known < expected.Length; known++)
            {
                if ((known >> feature & 1) == 0)
                    values[feature] += Weight(BitOperations.PopCount((uint)known), count) * (expected[known | 1 << feature] - expected[known]);
            }
        }

        return values;
    }

    /// <summary>The value of a tree where only some features are known: at a node that tests another one, both ways by their cover.</summary>
    static double Expected(RegressionTree tree, int at, ReadOnlySpan<double> row, int known, CategoryTable?[] categories)
    {
        var node = tree.Nodes[at];
        if (node.IsLeaf)
            return node.Number;
        if ((known >> node.Feature & 1) != 0)
        {
            var value = row[node.Feature];
            var number = node.HasSet ? categories[node.Feature]!.Number(value) : CategoryTable.Missing;
            var left = node.HasSet
                ? (number == CategoryTable.Missing ? node.MissingLeft : tree.Sets[(int)node.Number].Contains(number))
                : (double.IsNaN(value) ? node.MissingLeft : value <= node.Number);
            return Expected(tree, left ? node.Left : node.Left + 1, row, known, categories);
        }

        var (toLeft, toRight) = (tree.Covers[node.Left], tree.Covers[node.Left + 1]);
        return (toLeft * Expected(tree, node.Left, row, known, categories) + toRight * Expected(tree, node.Left + 1, row, known, categories)) / (toLeft + toRight);
    }

    /// <summary>|S|! (n − |S| − 1)! / n!</summary>
    static double Weight(int known, int count)
    {
        var weight = 1.0 / count;
        for (var i = 1; i <= known; i++)
            weight *= (double)i / (count - i);
        return weight;
    }
}
