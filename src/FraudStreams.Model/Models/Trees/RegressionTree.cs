using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FraudStreams.Model.Models.Trees;

/// <summary>A node of 16 bytes, so that four share a cache line. Children are adjacent: right is left + 1.</summary>
/// <param name="Number">The threshold (left: value ≤ threshold), or the index of the set in <see cref="RegressionTree.Sets"/> (left: in the
/// set), or a leaf's value in log-odds.</param>
/// <param name="Left">Index of the left child; −1 in a leaf.</param>
/// <param name="Feature">Index of the feature that is tested.</param>
/// <param name="HasSet">Whether a category is tested.</param>
/// <param name="MissingLeft">Whether missing values go left.</param>
[StructLayout(LayoutKind.Sequential)]
readonly record struct TreeNode(double Number, int Left, ushort Feature, bool HasSet, bool MissingLeft)
{
    public bool IsLeaf => Left < 0;

    public static TreeNode Leaf(double value) => new(value, -1, 0, false, false);
}

/// <summary>A regression tree.</summary>
/// <param name="Nodes">The root first, each child after its parent.</param>
/// <param name="Sets">The category numbers (<see cref="CategoryTable"/>) that go left, for nodes that test a category.</param>
/// <param name="Covers">One a node: the sum of second derivatives of the training rows that reached it.</param>
/// <param name="Gains">One a node: the gain of its split; 0 in leaves.</param>
sealed record RegressionTree(TreeNode[] Nodes, BinSet[] Sets, double[] Covers, double[] Gains)
{
    public int Leaves => (Nodes.Length + 1) / 2;

    /// <summary>The value of the leaf that a row reaches, in log-odds.</summary>
    /// <param name="row">One value a feature.</param>
    /// <param name="categories">One a feature: its table, or null for a number.</param>
    public double Walk(ReadOnlySpan<double> row, CategoryTable?[] categories)
    {
        var nodes = Nodes;
        ref readonly var node = ref nodes[0];
        while (!node.IsLeaf)
            node = ref nodes[GoesLeft(node, row, categories) ? node.Left : node.Left + 1];
        return node.Number;
    }

    /// <summary>Whether a row goes left at a node.</summary>
    /// <param name="node">An inner node of this tree.</param>
    /// <param name="row">One value a feature.</param>
    /// <param name="categories">One a feature: its table, or null for a number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool GoesLeft(in TreeNode node, ReadOnlySpan<double> row, CategoryTable?[] categories) => node.HasSet
        ? GoesLeft(node, Sets[(int)node.Number], categories[node.Feature]!.Number(row[node.Feature]))
        : GoesLeft(node, row[node.Feature]);

    /// <summary>Whether a number goes left at a node that compares with a threshold.</summary>
    public static bool GoesLeft(in TreeNode node, double value) => value <= node.Number || (node.MissingLeft && double.IsNaN(value));

    /// <summary>Whether a category, by its number in the <see cref="CategoryTable"/>, goes left at a node that tests a set.</summary>
    public static bool GoesLeft(in TreeNode node, in BinSet set, byte category) =>
        category == CategoryTable.Missing ? node.MissingLeft : set.Contains(category);
}
