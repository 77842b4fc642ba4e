using FraudStreams.Model.Models.Import;
using FraudStreams.Model.Models.Linear;
using FraudStreams.Model.Models.Trees;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Trainers.FastTree;
using RegressionTree = FraudStreams.Model.Models.Trees.RegressionTree;

namespace FraudStreams.Model.Models.MLNet;

/// <summary>
/// Takes trees of ML.NET over: tests of places of an encoded row (<see cref="EncodedRows"/>) become tests of the features. ML.NET compares in single precision,
/// <c>(float)x &lt;= threshold</c>; ours has the largest double of which that is true.
/// </summary>
static class MLNetTrees
{
    /// <summary>The covers of nodes, for reasons, are counted on so many rows, evenly spread.</summary>
    const int CoverRows = 50_000;

    /// <param name="trees">As trained.</param>
    /// <param name="calibrator">Makes probabilities of their sum.</param>
    /// <param name="train">The training rows.</param>
    /// <param name="encodings">How they were encoded.</param>
    public static TreeEnsemble ToEnsemble(RegressionTreeEnsemble trees, PlattCalibrator calibrator, TrainingSet train, LinearEncoding[] encodings)
    {
        var featureOf = encodings.SelectMany((encoding, feature) => Enumerable.Repeat(feature, encoding.Slots)).ToArray();
        var categories = encodings.Select(encoding => encoding.Codes is { } codes ? new CategoryTable(codes) : null).ToArray();
        // A probability is 1 / (1 + exp(slope × sum + offset)).
        var made = trees.Trees.Select((tree, index) => ToTree(tree, -calibrator.Slope * trees.TreeWeights[index], encodings, featureOf)).ToArray();
        return new TreeEnsemble(train.Features, categories, -((calibrator.Slope * trees.Bias) + calibrator.Offset), [.. made.Select(tree => WithCovers(tree, train, categories))]);
    }

    static RegressionTree ToTree(RegressionTreeBase tree, double weight, LinearEncoding[] encodings, int[] featureOf)
    {
        // A leaf l is −l − 1 as a child; children are laid side by side behind their parent.
        var order = new List<int> { tree.NumberOfNodes == 0 ? -1 : 0 };
        var (nodes, sets) = (new List<TreeNode>(), new List<BinSet>());
        for (var at = 0; at < order.Count; at++)
        {
            var node = order[at];
            if (node < 0)
            {
                nodes.Add(TreeNode.Leaf(weight * tree.LeafValues[~node]));
                continue;
            }

            var slot = tree.NumericalSplitFeatureIndexes[node];
            var encoding = encodings[featureOf[slot]];
            nodes.Add(Test(encoding, slot - encoding.Slot, tree.NumericalSplitThresholds[node], sets) with { Left = order.Count, Feature = (ushort)featureOf[slot] });
            order.Add(tree.LeftChild[node]);
            order.Add(tree.RightChild[node]);
        }

        return new RegressionTree([.. nodes], [.. sets], new double[nodes.Count], new double[nodes.Count]);
    }

    /// <param name="place">Which of the feature's places is tested.</param>
    static TreeNode Test(LinearEncoding encoding, int place, float threshold, List<BinSet> sets)
    {
        // Of a place that is 0 or 1.
        var (zeroLeft, oneLeft) = (0 <= threshold, 1 <= threshold);
        if (encoding.Codes is { } codes)
        {
            var set = default(BinSet);
            for (var number = 0; number < codes.Length; number++)
            {
                if (number == place ? oneLeft : zeroLeft)
                    set.Add(number);
            }

            sets.Add(set);
            return new TreeNode(sets.Count - 1, 0, 0, true, zeroLeft);
        }

        return place == 0
            ? new TreeNode(ForeignModel.LargestBelow(MathF.BitIncrement(threshold)), 0, 0, false, (float)encoding.Mean <= threshold)
            : new TreeNode(zeroLeft ? double.MaxValue : double.MinValue, 0, 0, false, oneLeft);
    }

    /// <summary>With the number of training rows that reach each node.</summary>
    static RegressionTree WithCovers(RegressionTree tree, TrainingSet train, CategoryTable?[] categories)
    {
        var covers = new double[tree.Nodes.Length];
        var width = train.Features.Length;
        var step = (train.Rows + CoverRows - 1) / CoverRows;
        for (var row = 0; row < train.Rows; row += step)
        {
            var values = train.Values.Span.Slice(row * width, width);
            var at = 0;
            for (covers[at]++; !tree.Nodes[at].IsLeaf; covers[at]++)
                at = tree.GoesLeft(tree.Nodes[at], values, categories) ? tree.Nodes[at].Left : tree.Nodes[at].Left + 1;
        }

        return tree with { Covers = covers };
    }
}
