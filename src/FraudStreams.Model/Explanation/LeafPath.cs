using System.Runtime.Intrinsics;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Explanation;

/// <summary>
/// The path from the root to one leaf, with the features that are tested on it, each once. A row satisfies a feature if it takes the path at every node
/// that tests the feature.
/// </summary>
/// <param name="Value">The leaf's value, in log-odds.</param>
/// <param name="Features">Indices of the features.</param>
/// <param name="Unknown">One a feature: the share of training rows that take the path at the feature's nodes, where its value is unknown.</param>
/// <param name="Steps">One a feature: its nodes (index in the tree) and whether the path goes left.</param>
sealed record LeafPath(double Value, int[] Features, double[] Unknown, (int Node, bool Left)[][] Steps)
{
    /// <summary>With more features on a path its working memory is on the heap.</summary>
    public const int MaxOnStack = 32;

    /// <summary>Share of the training rows that reach the leaf.</summary>
    public double Reached => Unknown.Aggregate(1.0, (product, share) => product * share);

    /// <summary>The paths of a tree's leaves, from left to right.</summary>
    public static IEnumerable<LeafPath> Of(RegressionTree tree)
    {
        var pending = new Stack<(int Node, (int Node, bool Left)[] Steps)>([(0, [])]);
        while (pending.TryPop(out var at))
        {
            var node = tree.Nodes[at.Node];
            if (node.IsLeaf)
            {
                yield return Of(tree, node.Number, at.Steps);
                continue;
            }

            pending.Push((node.Left + 1, [.. at.Steps, (at.Node, false)]));
            pending.Push((node.Left, [.. at.Steps, (at.Node, true)]));
        }
    }

    /// <summary>
    /// The Shapley value of each feature for this leaf alone. The leaf's expected value, given a set of known features, is the product of 1 or 0 for the
    /// known ones and of their share for the others. With Shapley's weight of a set as an integral,
    /// |S|! (d − |S| − 1)! / d! = ∫₀¹ t^|S| (1 − t)^(d−1−|S|) dt,
    /// the sum over all sets is the integral of a product, a polynomial of degree d − 1, and quadrature gives it exactly. All its terms are positive, so
    /// that nothing cancels; the paper's algorithm (Lundberg et al. 2020, algorithm 2) divides instead and loses digits on long paths.
    /// </summary>
    /// <param name="satisfied">One a feature, for four rows at once: 1 if the row satisfies it, else 0.</param>
    /// <param name="quadrature">Exact for degree d − 1.</param>
    /// <param name="contributions">Receives one value a feature, for the same rows.</param>
    public void Attribute(ReadOnlySpan<Vector256<double>> satisfied, GaussLegendre quadrature, Span<Vector256<double>> contributions)
    {
        var count = Unknown.Length;
        Span<Vector256<double>> terms = count <= MaxOnStack ? stackalloc Vector256<double>[count] : new Vector256<double>[count];
        Span<Vector256<double>> before = count <= MaxOnStack ? stackalloc Vector256<double>[count] : new Vector256<double>[count];
        contributions[..count].Clear();
        for (var point = 0; point < quadrature.Points.Length; point++)
        {
            var t = quadrature.Points[point];
            var product = Vector256.Create(quadrature.Weights[point]);
            for (var i = 0; i < count; i++)
            {
                before[i] = product;
                terms[i] = Vector256.Create(Unknown[i] * (1 - t)) + satisfied[i] * t;
                product *= terms[i];
            }

            var after = Vector256<double>.One;
            for (var i = count - 1; i >= 0; i--)
            {
                contributions[i] += before[i] * after;
                after *= terms[i];
            }
        }

        for (var i = 0; i < count; i++)
            contributions[i] *= (satisfied[i] - Vector256.Create(Unknown[i])) * Value;
    }

    static LeafPath Of(RegressionTree tree, double value, (int Node, bool Left)[] steps)
    {
        var byFeature = steps.GroupBy(step => (int)tree.Nodes[step.Node].Feature).OrderBy(group => group.Key).ToArray();
        return new LeafPath(
            value,
            [.. byFeature.Select(group => group.Key)],
            [.. byFeature.Select(group => group.Aggregate(1.0, (product, step) => product * Share(tree, step.Node, step.Left)))],
            [.. byFeature.Select(group => group.ToArray())]);
    }

    /// <summary>Half where no weight reached the node: training rows of which the model was certain.</summary>
    static double Share(RegressionTree tree, int node, bool left)
    {
        var (toLeft, toRight) = (tree.Covers[tree.Nodes[node].Left], tree.Covers[tree.Nodes[node].Left + 1]);
        return toLeft + toRight > 0 ? (left ? toLeft : toRight) / (toLeft + toRight) : 0.5;
    }
}
