using System.Collections.Immutable;
using FraudStreams.Model.Features;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Models.Import;

/// <summary>A feature of a model of another library.</summary>
/// <param name="Name">Its name there; null where the file has none.</param>
/// <param name="IsTested">Whether any tree tests it.</param>
/// <param name="IsCategory">Whether trees test it as a category.</param>
/// <param name="HighestCategory">The highest category that a tree names; −1 for a number.</param>
public sealed record ForeignFeature(string? Name, bool IsTested, bool IsCategory, int HighestCategory);

/// <summary>
/// A binary classifier that another library trained, as read from its file: XGBoost (JSON or UBJSON) or LightGBM (text). <see cref="ToEnsemble"/> gives a
/// model of ours with the same scores, bit for bit. Immutable and thread-safe.
/// </summary>
public sealed class ForeignModel
{
    readonly ForeignTree[] _trees;
    readonly bool _isXGBoost;
    readonly double _baseMargin;

    internal ForeignModel(string library, bool isXGBoost, double baseMargin, IReadOnlyList<string?> names, ForeignTree[] trees)
    {
        Library = library;
        _isXGBoost = isXGBoost;
        _baseMargin = baseMargin;
        _trees = [.. trees.Select((tree, index) => tree.Checked(index, names.Count))];
        Features = [.. names.Select((name, index) => FeatureOf(name, index))];
    }

    /// <summary>The library and the version that its file names, such as "XGBoost 2.1.3".</summary>
    public string Library { get; }

    /// <summary>The features of a row, in the order that the library takes them.</summary>
    public ImmutableArray<ForeignFeature> Features { get; }

    /// <summary>Number of trees.</summary>
    public int Trees => _trees.Length;

    /// <summary>Reads the file of a model; its first bytes tell which library's it is.</summary>
    /// <exception cref="ModelFormatException">It is no model of XGBoost or LightGBM, is damaged, or is of a kind that cannot be scored here: what, and what
    /// would be right.</exception>
    public static ForeignModel Read(ReadOnlyMemory<byte> file)
    {
        var start = file.Span.TrimStart(" \t\r\n"u8);
        if (start.StartsWith("tree"u8))
            return LightGBMReader.Read(file);
        if (start.Length > 1 && start[0] == '{')
            return XGBoostReader.Read(UbjsonReader.IsUbjson(start) ? UbjsonReader.ToJson(file) : UbjsonReader.WithoutBareNumbers(file));
        throw new ModelFormatException("it is no model of XGBoost (save_model to .json or .ubj) or LightGBM (save_model)");
    }

    /// <summary>The score by the library's own rules, value by value as it documents them: slow, to check the model of ours by.</summary>
    /// <param name="row">One value a feature; NaN is missing.</param>
    public double Score(ReadOnlySpan<double> row)
    {
        var margin = _baseMargin;
        foreach (var tree in _trees)
        {
            var at = 0;
            while (tree.Left[at] >= 0)
                at = GoesLeft(tree, at, row[tree.Feature[at]]) ? tree.Left[at] : tree.Right[at];
            margin = _isXGBoost ? (float)margin + (float)tree.Number[at] : margin + tree.Number[at];
        }

        return _isXGBoost ? TreeEnsemble.SingleSigmoid((float)margin) : 1 / (1 + Math.Exp(-margin));
    }

    /// <summary>Makes the model of ours.</summary>
    /// <param name="plan">The plan that computes its inputs.</param>
    /// <param name="columns">For each feature of the library's the index of the column of the plan that it is; −1 for one that no tree tests.</param>
    /// <exception cref="ModelFormatException">A tested feature has no column, or a category is no category of the plan.</exception>
    public TreeEnsemble ToEnsemble(FeaturePlan plan, IReadOnlyList<int> columns)
    {
        if (columns.Count != Features.Length)
            throw new ModelFormatException($"it takes {Features.Length} features, and {columns.Count} are given");
        var tables = plan.Columns.Select(column => column.Kind == FeatureKind.Category ? TableOf(plan, column.Name) : null).ToArray();
        for (var feature = 0; feature < columns.Count; feature++)
        {
            var (column, kind) = (columns[feature], Features[feature]);
            if (column < 0 && kind.IsTested)
                throw new ModelFormatException($"its feature {NameOf(feature)} is tested by its trees, and no feature of the schema is given for it");
            if (column >= 0 && kind.IsCategory)
                tables[column] ??= CalendarCodes(plan.Schema.Features[column])
                    ?? throw new ModelFormatException(
                        $"its feature {NameOf(feature)} is a category, and {plan.Columns[column].Name} is a number: give a text field as category, with its values");
            if (column >= 0 && kind.IsCategory && kind.HighestCategory >= tables[column]!.Codes.Length)
                throw new ModelFormatException(
                    $"its feature {NameOf(feature)} has a category {kind.HighestCategory}, and {plan.Columns[column].Name} has {tables[column]!.Codes.Length} values, numbered from 0: list all, in the order of the training");
        }

        return new TreeEnsemble(plan.Columns, tables, _baseMargin, [.. _trees.Select(tree => ToTree(tree, columns, tables))], singlePrecision: _isXGBoost);
    }

    /// <summary>
    /// Scores made-up rows by the library's rules and with the model of ours, in blocks and one by one: thresholds of its trees with their neighbours, all
    /// categories, missing values.
    /// </summary>
    /// <param name="ours">The model that <see cref="ToEnsemble"/> gave for <paramref name="columns"/>, or the same read from its file.</param>
    /// <param name="columns">As given there.</param>
    /// <returns>The rows, as the model of ours takes them.</returns>
    /// <exception cref="ModelFormatException">A score differs.</exception>
    public double[] Check(TreeEnsemble ours, IReadOnlyList<int> columns)
    {
        const int rows = 2000;
        var random = new Random(1);
        var thresholds = columns.Select((_, feature) => _trees.SelectMany(tree => Enumerable.Range(0, tree.Left.Length)
            .Where(node => tree.Left[node] >= 0 && tree.Feature[node] == feature && tree.Sets[node] is null).Select(node => tree.Number[node])).Distinct().ToArray()).ToArray();
        var (theirs, matrix) = (new double[rows * columns.Count], new double[rows * ours.FeatureCount]);
        for (var row = 0; row < rows; row++)
        {
            var values = matrix.AsSpan(row * ours.FeatureCount, ours.FeatureCount);
            for (var feature = 0; feature < columns.Count; feature++)
            {
                if (columns[feature] < 0)
                    continue;
                values[columns[feature]] = random.Next(10) == 0 ? double.NaN
                    : ours.Categories[columns[feature]] is { Codes.Length: > 0 } table ? table.Codes[random.Next(table.Codes.Length)]
                    : thresholds[feature] is { Length: > 0 } some ? Near(some[random.Next(some.Length)], random)
                    : random.NextDouble();
            }

            for (var feature = 0; feature < columns.Count; feature++)
                theirs[(row * columns.Count) + feature] = columns[feature] < 0 ? double.NaN : values[columns[feature]];
        }

        var scores = new double[rows];
        ours.Score(matrix, scores);
        for (var row = 0; row < rows; row++)
        {
            var score = Score(theirs.AsSpan(row * columns.Count, columns.Count));
            var alone = ours.Score(matrix.AsSpan(row * ours.FeatureCount, ours.FeatureCount));
            if (score != scores[row] || score != alone)
                throw new ModelFormatException(
                    $"the model made of it gives a row made up for a check {scores[row]:R} in a batch and {alone:R} alone, and by the rules of {Library} it has {score:R}");
        }

        return matrix;
    }

    /// <summary>A threshold, a value of single precision beside it or between, or one somewhere around.</summary>
    static double Near(double threshold, Random random) => random.Next(6) switch
    {
        0 => threshold,
        1 => MathF.BitDecrement((float)threshold),
        2 => ((double)MathF.BitDecrement((float)threshold) + (float)threshold) / 2,
        3 => MathF.BitIncrement((float)threshold),
        4 => Math.BitIncrement(threshold),
        _ => threshold + (random.NextDouble() - 0.5) * (1 + Math.Abs(threshold)),
    } is var value && double.IsFinite(value) ? value : threshold;

    string NameOf(int feature) => Features[feature].Name is { } name ? $"{feature + 1} ({name})" : $"{feature + 1}";

    static CategoryTable TableOf(FeaturePlan plan, string feature) => new([.. Enumerable.Range(0, plan.Categories[feature].Length)]);

    /// <summary>Parts of a calendar are small whole numbers, which a model may take as categories.</summary>
    static CategoryTable? CalendarCodes(FeatureDefinition feature) =>
        feature is CalendarFeature { Part: not (CalendarPart.HourSin or CalendarPart.HourCos) } ? new CategoryTable([.. Enumerable.Range(0, 32)]) : null;

    ForeignFeature FeatureOf(string? name, int feature)
    {
        var (tested, category, highest) = (false, false, -1);
        foreach (var tree in _trees)
        {
            for (var node = 0; node < tree.Left.Length; node++)
            {
                if (tree.Left[node] < 0 || tree.Feature[node] != feature)
                    continue;
                tested = true;
                if (tree.Sets[node] is not { } set)
                    continue;
                category = true;
                highest = Math.Max(highest, set.DefaultIfEmpty(-1).Max());
            }
        }

        return new ForeignFeature(name, tested, category, highest);
    }

    /// <summary>
    /// XGBoost: <c>x &lt; threshold</c> in single precision; the listed categories go right. LightGBM: <c>x &lt;= threshold</c>; the listed ones go left.
    /// </summary>
    bool GoesLeft(ForeignTree tree, int node, double value) =>
        tree.Sets[node] is { } set ? (double.IsNaN(value) ? tree.MissingLeft[node] : set.Contains((int)value) != _isXGBoost)
        : double.IsNaN(value) ? tree.MissingLeft[node]
        : _isXGBoost ? (float)value < (float)tree.Number[node]
        : value <= tree.Number[node];

    RegressionTree ToTree(ForeignTree tree, IReadOnlyList<int> columns, CategoryTable?[] tables)
    {
        // Children are laid side by side behind their parent.
        var order = new List<int> { 0 };
        var sets = new List<BinSet>();
        var nodes = new List<TreeNode>();
        for (var at = 0; at < order.Count; at++)
        {
            var node = order[at];
            if (tree.Left[node] < 0)
            {
                nodes.Add(TreeNode.Leaf(tree.Number[node]));
                continue;
            }

            var column = columns[tree.Feature[node]];
            if (tree.Sets[node] is { } listed)
            {
                nodes.Add(new TreeNode(sets.Count, order.Count, (ushort)column, true, tree.MissingLeft[node]));
                var set = default(BinSet);
                foreach (var code in tables[column]!.Codes.Where(code => listed.Contains(code) != _isXGBoost))
                    set.Add(code);
                sets.Add(set);
            }
            else
            {
                var threshold = _isXGBoost ? LargestBelow((float)tree.Number[node]) : tree.Number[node];
                nodes.Add(new TreeNode(threshold, order.Count, (ushort)column, false, tree.MissingLeft[node]));
            }

            order.Add(tree.Left[node]);
            order.Add(tree.Right[node]);
        }

        return new RegressionTree([.. nodes], [.. sets], [.. order.Select(node => tree.Covers[node])], [.. order.Select(node => tree.Gains[node])]);
    }

    /// <summary>
    /// The largest double that is below the threshold once it is rounded to single precision: <c>(float)x &lt; threshold</c> exactly if
    /// <c>x &lt;= LargestBelow(threshold)</c>.
    /// </summary>
    internal static double LargestBelow(float threshold)
    {
        const double beyondSingle = 340282366920938463463374607431768211456.0; // 2^128
        if (float.IsNegativeInfinity(threshold))
            return double.MinValue;
        var below = MathF.BitDecrement(threshold) is var next && float.IsNegativeInfinity(next) ? -beyondSingle : next;
        // The values between two floats round to the nearer one; the middle, exact in double, to the one with the even mantissa.
        var middle = (below + (float.IsPositiveInfinity(threshold) ? beyondSingle : threshold)) / 2;
        return (float)middle < threshold ? middle : Math.BitDecrement(middle);
    }
}
