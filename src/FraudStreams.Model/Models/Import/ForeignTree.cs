namespace FraudStreams.Model.Models.Import;

/// <summary>A tree as another library stores it. All lists have one entry a node; node 0 is the root.</summary>
/// <param name="Left">Index of the left child; −1 in a leaf.</param>
/// <param name="Right">Index of the right child; −1 in a leaf.</param>
/// <param name="Feature">Index of the feature that is tested.</param>
/// <param name="Number">The threshold, or a leaf's value in log-odds.</param>
/// <param name="MissingLeft">Whether missing values go left.</param>
/// <param name="Sets">The categories that the library lists at a node; null where it compares with a threshold.</param>
/// <param name="Covers">The sum of second derivatives of the training rows that reached the node.</param>
/// <param name="Gains">The gain of the split; 0 in leaves.</param>
sealed record ForeignTree(
    int[] Left, int[] Right, int[] Feature, double[] Number, bool[] MissingLeft, HashSet<int>?[] Sets, double[] Covers, double[] Gains)
{
    /// <summary>Checks that the nodes are a tree over that many features, so that a walk ends.</summary>
    /// <exception cref="ModelFormatException">They are not: the tree and the node.</exception>
    public ForeignTree Checked(int index, int features)
    {
        int[] lengths = [Right.Length, Feature.Length, Number.Length, MissingLeft.Length, Sets.Length, Covers.Length, Gains.Length];
        if (Left.Length == 0 || lengths.Any(length => length != Left.Length))
            throw new ModelFormatException($"its tree {index} has lists of different lengths, or no node");
        var seen = new bool[Left.Length];
        var pending = new Stack<int>([0]);
        while (pending.TryPop(out var node))
        {
            if (node < 0 || node >= seen.Length || seen[node])
                throw new ModelFormatException($"its tree {index} has no node {node}, or it is a child twice");
            seen[node] = true;
            if (double.IsNaN(Number[node]) && Sets[node] is null)
                throw new ModelFormatException($"its tree {index} has NaN as the number of node {node}");
            if (Left[node] < 0)
                continue;
            if (Feature[node] < 0 || Feature[node] >= features)
                throw new ModelFormatException($"its tree {index} tests feature {Feature[node]} at node {node}; there are {features}");
            pending.Push(Left[node]);
            pending.Push(Right[node]);
        }

        return this;
    }
}
