using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Model.Explanation;

/// <summary>
/// Path-dependent Shapley values of a tree ensemble (TreeSHAP; Lundberg et al. 2020, "From local explanations to global understanding with explainable AI
/// for trees"). What a leaf contributes depends only on which features of its path a row satisfies, so it is computed once for each combination and looked
/// up (Yang 2021, "Fast TreeSHAP", version 2). Works on 64 rows at a time: a node is tested once for all leaves below it, and a leaf's table stays in
/// the cache for all rows.
/// </summary>
sealed class TreeExplainer : Explainer
{
    const int BlockRows = 64;

    /// <summary>Rows whose contributions of a path are computed together.</summary>
    const int RowsAtOnce = 4;

    /// <summary>Paths with more features have no table: their contributions are computed for each row, four rows at a time.</summary>
    const int MaxTableFeatures = 8;

    /// <summary>64 MiB of doubles. If the tables of all paths would need more, the longest paths have none.</summary>
    const long MaxTableValues = 8 << 20;

    /// <summary>A node's test.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="Categories">The known categories of its feature; null for a number.</param>
    /// <param name="Set">The categories that go left.</param>
    readonly record struct Test(TreeNode Node, CategoryTable? Categories, BinSet Set);

    /// <param name="Path">Index in the paths.</param>
    /// <param name="FirstFeature">Index of its first feature in the flattened arrays.</param>
    /// <param name="Count">Number of features.</param>
    /// <param name="Table">Index of its table; −1 if it has none.</param>
    readonly record struct Leaf(int Path, int FirstFeature, int Count, int Table);

    readonly record struct Tree(int FirstTest, int Tests, int FirstLeaf, int Leaves);

    readonly Tree[] _trees;
    readonly Test[] _tests;
    readonly Leaf[] _leaves;
    readonly LeafPath[] _paths;
    readonly int[] _features;

    /// <summary>The steps of feature i of the flattened arrays are _steps[_firstStep[i].._firstStep[i + 1]]: byte offsets in a tree's test results.</summary>
    readonly int[] _firstStep;
    readonly int[] _steps;
    readonly double[] _tables;
    readonly GaussLegendre[] _quadratures;
    readonly int _maxTests;
    readonly int _maxPath;

    public TreeExplainer(TreeEnsemble model)
        : this(model, [.. model.AllTrees.Select(tree => LeafPath.Of(tree).ToArray())])
    {
    }

    TreeExplainer(TreeEnsemble model, LeafPath[][] paths)
        : base(model.FeatureCount, model.BaseMargin + paths.Sum(tree => tree.Sum(path => path.Value * path.Reached)))
    {
        _paths = [.. paths.SelectMany(tree => tree)];
        _maxPath = _paths.Select(path => path.Features.Length).DefaultIfEmpty(0).Max();
        _quadratures = [.. Enumerable.Range(0, _maxPath + 1).Select(count => GaussLegendre.ForDegree(Math.Max(0, count - 1)))];
        var longest = LongestWithTable(_paths);
        _tables = new double[_paths.Where(path => path.Features.Length <= longest).Sum(path => TableLength(path.Features.Length))];

        var trees = new List<Tree>();
        var tests = new List<Test>();
        var leaves = new List<Leaf>();
        var features = new List<int>();
        List<int> steps = [], firstStep = [0];
        var table = 0;
        for (var t = 0; t < paths.Length; t++)
        {
            var tree = model.AllTrees[t];
            trees.Add(new Tree(tests.Count, tree.Leaves - 1, leaves.Count, tree.Leaves));
            var testOf = new int[tree.Nodes.Length];
            var count = 0;
            for (var at = 0; at < tree.Nodes.Length; at++)
            {
                var node = tree.Nodes[at];
                if (node.IsLeaf)
                    continue;
                testOf[at] = count++;
                tests.Add(new Test(node, node.HasSet ? model.Categories[node.Feature] : null, node.HasSet ? tree.Sets[(int)node.Number] : default));
            }

            foreach (var path in paths[t])
            {
                var hasTable = path.Features.Length <= longest;
                leaves.Add(new Leaf(leaves.Count, features.Count, path.Features.Length, hasTable ? table : -1));
                features.AddRange(path.Features);
                foreach (var ofFeature in path.Steps)
                {
                    steps.AddRange(ofFeature.Select(step => (testOf[step.Node] * 2 + (step.Left ? 0 : 1)) * BlockRows));
                    firstStep.Add(steps.Count);
                }

                if (!hasTable)
                    continue;
                FillTable(path, _tables.AsSpan(table, TableLength(path.Features.Length)));
                table += TableLength(path.Features.Length);
            }
        }

        (_trees, _tests, _leaves, _features, _steps, _firstStep) = ([.. trees], [.. tests], [.. leaves], [.. features], [.. steps], [.. firstStep]);
        _maxTests = _trees.Select(tree => tree.Tests).DefaultIfEmpty(0).Max();
    }

    /// <summary>Why a model has no exact contributions; null if it has.</summary>
    public static string? WhyNot(TreeEnsemble model)
    {
        for (var t = 0; t < model.Trees; t++)
        {
            var tree = model.AllTrees[t];
            if (tree.Leaves > 1 && (tree.Covers[0] <= 0 || tree.Covers.Any(cover => !double.IsFinite(cover) || cover < 0)))
                return $"its tree {t} has no covers (the weight of the training rows in each node), without which there are no exact reasons: `fraudstreams train` makes a version that has them";
        }

        return null;
    }

    private protected override void Fill(ReadOnlySpan<double> features, Span<double> contributions)
    {
        contributions.Clear();
        var columns = ArrayPool<double>.Shared.Rent(FeatureCount * BlockRows);
        var bytes = ArrayPool<byte>.Shared.Rent((_maxTests * 2 + _maxPath + 2) * BlockRows);
        try
        {
            var satisfied = bytes.AsSpan(_maxTests * 2 * BlockRows);
            for (var block = BlockRows * FeatureCount; !features.IsEmpty; features = features[Math.Min(block, features.Length)..])
            {
                var values = features[..Math.Min(block, features.Length)];
                var rows = values.Length / FeatureCount;
                for (var row = 0; row < rows; row++)
                {
                    for (var feature = 0; feature < FeatureCount; feature++)
                        columns[feature * BlockRows + row] = values[row * FeatureCount + feature];
                }

                foreach (ref readonly var tree in _trees.AsSpan())
                {
                    RunTests(tree, columns, bytes, rows);
                    AddLeaves(tree, ref MemoryMarshal.GetArrayDataReference(bytes), satisfied, contributions, rows);
                }

                contributions = contributions[values.Length..];
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(columns);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Test i writes for each row 255 or 0 at 2i × 64 if it goes left, and the opposite at (2i + 1) × 64.</summary>
    void RunTests(in Tree tree, double[] columns, byte[] results, int rows)
    {
        for (var i = 0; i < tree.Tests; i++)
        {
            var (node, categories, set) = _tests[tree.FirstTest + i];
            var column = columns.AsSpan(node.Feature * BlockRows, rows);
            var left = results.AsSpan(i * 2 * BlockRows, BlockRows);
            var right = results.AsSpan((i * 2 + 1) * BlockRows, BlockRows);
            if (categories is not null)
            {
                for (var row = 0; row < column.Length; row++)
                    left[row] = RegressionTree.GoesLeft(node, set, categories.Number(column[row])) ? byte.MaxValue : (byte)0;
            }
            else
            {
                for (var row = 0; row < column.Length; row++)
                    left[row] = RegressionTree.GoesLeft(node, column[row]) ? byte.MaxValue : (byte)0;
            }

            for (var at = 0; at < BlockRows; at += Vector256<byte>.Count)
                Vector256.OnesComplement(Vector256.Create<byte>(left[at..])).CopyTo(right[at..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void AddLeaves(in Tree tree, ref byte results, Span<byte> satisfied, Span<double> contributions, int rows)
    {
        ref var masks = ref MemoryMarshal.GetReference(satisfied);
        var width = FeatureCount;
        foreach (ref readonly var leaf in _leaves.AsSpan(tree.FirstLeaf, tree.Leaves))
        {
            if (leaf.Table < 0)
            {
                AddLongPath(leaf, ref results, satisfied, contributions, rows);
                continue;
            }

            var (low, high) = (Vector256<byte>.Zero, Vector256<byte>.Zero);
            var count = leaf.Count;
            for (var i = 0; i < count; i++)
            {
                var (one, other) = Satisfied(leaf.FirstFeature + i, ref results);
                var bit = Vector256.Create((byte)(1 << i));
                low |= one & bit;
                high |= other & bit;
            }

            low.StoreUnsafe(ref masks);
            high.StoreUnsafe(ref masks, (nuint)Vector256<byte>.Count);
            ref var table = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_tables), leaf.Table);
            ref var features = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_features), leaf.FirstFeature);
            ref var sums = ref MemoryMarshal.GetReference(contributions);
            for (var row = 0; row < rows; row++)
            {
                ref var values = ref Unsafe.Add(ref table, Unsafe.Add(ref masks, row) * count);
                for (var i = 0; i < count; i++)
                    Unsafe.Add(ref sums, Unsafe.Add(ref features, i)) += Unsafe.Add(ref values, i);
                sums = ref Unsafe.Add(ref sums, width);
            }
        }
    }

    void AddLongPath(in Leaf leaf, ref byte results, Span<byte> satisfied, Span<double> contributions, int rows)
    {
        ref var masks = ref MemoryMarshal.GetReference(satisfied);
        for (var i = 0; i < leaf.Count; i++)
        {
            var (one, other) = Satisfied(leaf.FirstFeature + i, ref results);
            one.StoreUnsafe(ref masks, (nuint)(i * BlockRows));
            other.StoreUnsafe(ref masks, (nuint)(i * BlockRows + Vector256<byte>.Count));
        }

        var path = _paths[leaf.Path];
        Span<Vector256<double>> ofRows = leaf.Count <= LeafPath.MaxOnStack ? stackalloc Vector256<double>[leaf.Count] : new Vector256<double>[leaf.Count];
        Span<Vector256<double>> values = leaf.Count <= LeafPath.MaxOnStack ? stackalloc Vector256<double>[leaf.Count] : new Vector256<double>[leaf.Count];
        for (var row = 0; row < rows; row += RowsAtOnce)
        {
            for (var i = 0; i < leaf.Count; i++)
            {
                var bytes = satisfied.Slice(i * BlockRows + row, RowsAtOnce);
                ofRows[i] = Vector256.Create((double)(bytes[0] & 1), bytes[1] & 1, bytes[2] & 1, bytes[3] & 1);
            }

            path.Attribute(ofRows, _quadratures[leaf.Count], values);
            for (var next = row; next < Math.Min(rows, row + RowsAtOnce); next++)
            {
                for (var i = 0; i < leaf.Count; i++)
                    contributions[next * FeatureCount + path.Features[i]] += values[i][next - row];
            }
        }
    }

    /// <summary>255 for each of the 64 rows that takes the path at all nodes that test the feature, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    (Vector256<byte> Low, Vector256<byte> High) Satisfied(int feature, ref byte results)
    {
        var (low, high) = (Vector256<byte>.AllBitsSet, Vector256<byte>.AllBitsSet);
        for (var step = _firstStep[feature]; step < _firstStep[feature + 1]; step++)
        {
            var at = (nuint)_steps[step];
            low &= Vector256.LoadUnsafe(ref results, at);
            high &= Vector256.LoadUnsafe(ref results, at + (nuint)Vector256<byte>.Count);
        }

        return (low, high);
    }

    /// <summary>Bit i of a row's number in the table is whether it satisfies feature i.</summary>
    void FillTable(LeafPath path, Span<double> table)
    {
        var count = path.Features.Length;
        Span<Vector256<double>> satisfied = stackalloc Vector256<double>[MaxTableFeatures];
        Span<Vector256<double>> values = stackalloc Vector256<double>[MaxTableFeatures];
        for (var mask = 0; mask < 1 << count; mask += RowsAtOnce)
        {
            for (var i = 0; i < count; i++)
                satisfied[i] = Vector256.Create((double)(mask >> i & 1), mask + 1 >> i & 1, mask + 2 >> i & 1, mask + 3 >> i & 1);
            path.Attribute(satisfied, _quadratures[count], values);
            for (var next = mask; next < Math.Min(1 << count, mask + RowsAtOnce); next++)
            {
                for (var i = 0; i < count; i++)
                    table[next * count + i] = values[i][next - mask];
            }
        }
    }

    static int TableLength(int features) => features << features;

    static int LongestWithTable(LeafPath[] paths)
    {
        var longest = MaxTableFeatures;
        while (longest > 0 && paths.Where(path => path.Features.Length <= longest).Sum(path => (long)TableLength(path.Features.Length)) > MaxTableValues)
            longest--;
        return longest;
    }
}
