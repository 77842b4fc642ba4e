using System.Runtime.InteropServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>A node of 16 bytes, so that four share a cache line. Children stand side by side: right is left + 1.</summary>
/// <param name="Number">The threshold (left: value ≤ threshold), or the place of the set in <see cref="RegressionTree.Sets"/> (left: in the
/// set), or a leaf's value in log-odds.</param>
/// <param name="Left">Place of the left child; -1 in a leaf.</param>
[StructLayout(LayoutKind.Sequential)]
readonly record struct TreeNode(double Number, int Left, ushort Feature, bool HasSet, bool MissingLeft)
{
    public bool IsLeaf => Left < 0;

    public static TreeNode Leaf(double value) => new(value, -1, 0, false, false);
}

/// <summary>One tree: nodes from the root (0) on, each child after its parent.</summary>
/// <param name="Sets">The category numbers (<see cref="CategoryTable"/>) that go left, for nodes that ask for a category.</param>
/// <param name="Covers">For each node the sum of second derivatives of the training rows that reached it.</param>
/// <param name="Gains">For each node what its split gained; 0 in leaves.</param>
sealed record RegressionTree(TreeNode[] Nodes, BinSet[] Sets, double[] Covers, double[] Gains)
{
    public int Leaves => (Nodes.Length + 1) / 2;

    /// <summary>The value of the leaf that a row falls in.</summary>
    /// <param name="categories">A table a category feature; null for numbers.</param>
    public double Walk(ReadOnlySpan<double> row, CategoryTable?[] categories)
    {
        var nodes = Nodes;
        ref readonly var node = ref nodes[0];
        while (!node.IsLeaf)
        {
            var value = row[node.Feature];
            bool left;
            if (node.HasSet)
            {
                var number = categories[node.Feature]!.Number(value);
                left = number == CategoryTable.Missing ? node.MissingLeft : Sets[(int)node.Number].Contains(number);
            }
            else
            {
                left = value <= node.Number || (node.MissingLeft && double.IsNaN(value));
            }
            node = ref nodes[left ? node.Left : node.Left + 1];
        }
        return node.Number;
    }
}
