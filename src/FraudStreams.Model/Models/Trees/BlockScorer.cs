using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Scores 64 rows at a time. Each value is first quantised to bytes, its rank among the thresholds that the trees use for its feature
/// (<see cref="ScoringColumns"/>); one vector comparison then evaluates a node for 32 rows. A tree is evaluated bottom up: each node selects, row by row,
/// the leaf number of its left or right child. There are no data-dependent branches, and leaf values are added in tree order, so that scores have the same
/// bits as walking the trees row by row. A tree of over 256 leaves is walked, in its turn: of so many nodes a row needs few.
/// </summary>
/// <remarks>Evaluating nodes on quantised values follows RapidScorer (Ye et al. 2018).</remarks>
sealed class BlockScorer
{
    public const int BlockRows = 64;

    /// <summary>Leaf numbers are bytes.</summary>
    const int MaxLeaves = 256;

    /// <summary>Bytes for codes and results, on the stack up to this many.</summary>
    const int MaxOnStack = 64 * 1024;

    /// <summary>An inner node: takes the right slot if the column is above the threshold (or outside the set), else the left.</summary>
    readonly record struct Step(ushort Column, ushort Left, ushort Right, short Set, byte Threshold);

    /// <param name="Walked">The tree itself where it is walked; else null.</param>
    readonly record struct CompiledTree(int FirstStep, int Steps, int FirstLeaf, RegressionTree? Walked);

    readonly int _features;
    readonly CategoryTable?[] _categories;
    readonly double _baseMargin;
    readonly bool _singlePrecision;
    readonly ScoringColumns _columns;
    readonly int _leafSlots;
    readonly int _slots;
    readonly Step[] _steps;
    readonly CompiledTree[] _trees;
    readonly double[] _leaves;
    readonly Vector256<byte>[] _sets;

    BlockScorer(
        int features,
        CategoryTable?[] categories,
        double baseMargin,
        bool singlePrecision,
        ScoringColumns columns,
        int leafSlots,
        int slots,
        List<Step> steps,
        List<CompiledTree> trees,
        List<double> leaves,
        List<Vector256<byte>> sets)
    {
        _features = features;
        _categories = categories;
        _baseMargin = baseMargin;
        _singlePrecision = singlePrecision;
        _columns = columns;
        _leafSlots = leafSlots;
        _slots = slots;
        _steps = [.. steps];
        _trees = [.. trees];
        _leaves = [.. leaves];
        _sets = [.. sets];
    }

    /// <summary>Null without trees, or if they compare more columns than a step can number: over 16 million thresholds.</summary>
    public static BlockScorer? TryCompile(
        int features, double baseMargin, CategoryTable?[] categories, RegressionTree[] trees, bool singlePrecision = false)
    {
        if (trees.Length == 0) return null;
        var small = trees.Where(tree => tree.Leaves <= MaxLeaves).ToArray();
        var columns = ScoringColumns.Of(features, categories, small);
        if (columns.Count > ushort.MaxValue) return null;
        var leafSlots = small.Length == 0 ? 0 : small.Max(tree => tree.Leaves);
        var slots = leafSlots * 2;
        var steps = new List<Step>();
        var compiled = new List<CompiledTree>();
        var leaves = new List<double>();
        var sets = new List<Vector256<byte>>();
        foreach (var tree in trees)
        {
            if (tree.Leaves > MaxLeaves)
            {
                compiled.Add(new CompiledTree(0, 0, 0, tree));
                continue;
            }
            compiled.Add(new CompiledTree(steps.Count, tree.Leaves - 1, leaves.Count, null));
            var slotOf = new ushort[tree.Nodes.Length];
            int leaf = 0, inner = leafSlots;
            for (var at = 0; at < tree.Nodes.Length; at++)
            {
                if (!tree.Nodes[at].IsLeaf) continue;
                slotOf[at] = (ushort)leaf++;
                leaves.Add(tree.Nodes[at].Number);
            }
            // Children come after their parent, so going backwards each node finds its children done.
            for (var at = tree.Nodes.Length - 1; at >= 0; at--)
            {
                ref readonly var node = ref tree.Nodes[at];
                if (node.IsLeaf) continue;
                slotOf[at] = (ushort)inner++;
                var set = (short)-1;
                if (node.HasSet)
                {
                    if (sets.Count > short.MaxValue) return null;
                    set = (short)sets.Count;
                    sets.Add(Bits(tree.Sets[(int)node.Number], node.MissingLeft));
                }
                var (column, threshold) = columns.Locate(node);
                steps.Add(new Step((ushort)column, slotOf[node.Left], slotOf[node.Left + 1], set, threshold));
            }
        }
        return new BlockScorer(features, categories, baseMargin, singlePrecision, columns, leafSlots, slots, steps, compiled, leaves, sets);
    }

    /// <summary>Computes margins, in log-odds, of any number of rows.</summary>
    public void Margins(ReadOnlySpan<double> features, Span<double> margins)
    {
        var bytes = (_columns.Count + _slots) * BlockRows;
        if (bytes <= MaxOnStack)
        {
            Margins(features, margins, stackalloc byte[bytes]);
            return;
        }
        var rented = ArrayPool<byte>.Shared.Rent(bytes);
        Margins(features, margins, rented.AsSpan(0, bytes));
        ArrayPool<byte>.Shared.Return(rented);
    }

    void Margins(ReadOnlySpan<double> features, Span<double> margins, Span<byte> scratch)
    {
        var codes = scratch[..(_columns.Count * BlockRows)];
        var slots = scratch[codes.Length..];
        for (var leaf = 0; leaf < _leafSlots; leaf++) slots.Slice(leaf * BlockRows, BlockRows).Fill((byte)leaf);
        while (!margins.IsEmpty)
        {
            var rows = Math.Min(BlockRows, margins.Length);
            var values = features[..(rows * _features)];
            _columns.Fill(values, _features, rows, codes);
            var block = margins[..rows];
            block.Fill(_baseMargin);
            AddTrees(ref MemoryMarshal.GetReference(codes), ref MemoryMarshal.GetReference(slots), values, block);
            margins = margins[rows..];
            features = features[(rows * _features)..];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AddTrees(ref byte codes, ref byte slots, ReadOnlySpan<double> values, Span<double> margins)
    {
        ref var steps = ref MemoryMarshal.GetArrayDataReference(_steps);
        ref var sets = ref MemoryMarshal.GetArrayDataReference(_sets);
        foreach (ref readonly var tree in _trees.AsSpan())
        {
            if (tree.Walked is { } walked)
            {
                AddWalked(walked, values, margins);
                continue;
            }
            ref var result = ref slots;
            for (var i = 0; i < tree.Steps; i++)
            {
                ref readonly var step = ref Unsafe.Add(ref steps, tree.FirstStep + i);
                ref var column = ref Unsafe.Add(ref codes, step.Column * BlockRows);
                ref var left = ref Unsafe.Add(ref slots, step.Left * BlockRows);
                ref var right = ref Unsafe.Add(ref slots, step.Right * BlockRows);
                result = ref Unsafe.Add(ref slots, (_leafSlots + i) * BlockRows);
                if (step.Set < 0)
                {
                    var threshold = Vector256.Create(step.Threshold);
                    Select(AtMost(ref column, 0, threshold), ref left, ref right, ref result, 0);
                    Select(AtMost(ref column, 32, threshold), ref left, ref right, ref result, 32);
                }
                else
                {
                    var set = Unsafe.Add(ref sets, step.Set);
                    Select(InSet(ref column, 0, set), ref left, ref right, ref result, 0);
                    Select(InSet(ref column, 32, set), ref left, ref right, ref result, 32);
                }
            }
            ref var leaves = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_leaves), tree.FirstLeaf);
            if (_singlePrecision)
            {
                for (var row = 0; row < margins.Length; row++)
                    margins[row] = (float)(margins[row] + Unsafe.Add(ref leaves, (nint)Unsafe.Add(ref result, (nint)(uint)row)));
                continue;
            }
            for (var row = 0; row < margins.Length; row++)
                margins[row] += Unsafe.Add(ref leaves, (nint)Unsafe.Add(ref result, (nint)(uint)row));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void AddWalked(RegressionTree tree, ReadOnlySpan<double> values, Span<double> margins)
    {
        for (var row = 0; row < margins.Length; row++)
        {
            var margin = margins[row] + tree.Walk(values.Slice(row * _features, _features), _categories);
            margins[row] = _singlePrecision ? (float)margin : margin;
        }
    }

    /// <summary>Codes are stored with their highest bit flipped, because not every processor compares unsigned bytes in vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> AtMost(ref byte column, nuint at, Vector256<byte> threshold) =>
        Vector256.LessThanOrEqual(Vector256.LoadUnsafe(ref column, at).AsSByte(), threshold.AsSByte()).AsByte();

    /// <summary>A category has two columns: the index of the set's byte with the category's bit, and the mask of that bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> InSet(ref byte column, nuint at, Vector256<byte> set)
    {
        var bit = Vector256.LoadUnsafe(ref column, at + BlockRows);
        return Vector256.Equals(Vector256.Shuffle(set, Vector256.LoadUnsafe(ref column, at)) & bit, bit);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Select(Vector256<byte> takeLeft, ref byte left, ref byte right, ref byte result, nuint at) =>
        Vector256.ConditionalSelect(takeLeft, Vector256.LoadUnsafe(ref left, at), Vector256.LoadUnsafe(ref right, at))
            .StoreUnsafe(ref result, at);

    static Vector256<byte> Bits(BinSet set, bool withMissing)
    {
        Span<byte> bits = stackalloc byte[32];
        for (var number = 0; number < CategoryTable.Missing; number++)
            if (set.Contains(number)) bits[number >> 3] |= (byte)(1 << (number & 7));
        if (withMissing) bits[CategoryTable.Missing >> 3] |= 1 << (CategoryTable.Missing & 7);
        return Vector256.Create<byte>(bits);
    }
}
