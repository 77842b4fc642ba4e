using System.Globalization;
using System.Text;

namespace FraudStreams.Model.Models.Import;

/// <summary>Reads the text file that LightGBM's save_model writes of a binary classifier. Numbers have 17 digits, which parse to the same bits.</summary>
static class LightGBMReader
{
    const int CategoryBit = 1;
    const int DefaultLeftBit = 2;

    /// <summary>Numbers up to this size are zero to LightGBM, which keeps it in single precision.</summary>
    const double ZeroThreshold = 1e-35f;

    enum Missing
    {
        None = 0,
        Zero = 1,
        NaN = 2,
    }

    /// <exception cref="ModelFormatException">It is no such model, or of a kind that cannot be scored here.</exception>
    public static ForeignModel Read(ReadOnlyMemory<byte> file)
    {
        try
        {
            return Read(Encoding.UTF8.GetString(file.Span));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new ModelFormatException($"it is no text of a LightGBM model, or is damaged: {e.Message}", e);
        }
    }

    static ForeignModel Read(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries);
        var end = Array.IndexOf(lines, "end of trees");
        if (end < 0)
            throw new ModelFormatException("it has no line \"end of trees\": the file is truncated");
        var head = new Dictionary<string, string>();
        var trees = new List<Dictionary<string, string>>();
        foreach (var line in lines.AsSpan(0, end))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = at < 0 ? (line, "") : (line[..at], line[(at + 1)..]);
            if (key == "Tree")
                trees.Add([]);
            (trees.Count == 0 ? head : trees[^1])[key] = value;
        }

        if (head.ContainsKey("average_output"))
            throw new ModelFormatException("it is a random forest, whose trees are averaged (average_output); boosted trees can be scored here");
        var objective = head.GetValueOrDefault("objective", "none").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var sigmoid = objective.FirstOrDefault(part => part.StartsWith("sigmoid:", StringComparison.Ordinal))?["sigmoid:".Length..];
        if (objective is not ["binary", ..] || sigmoid is null || double.Parse(sigmoid, CultureInfo.InvariantCulture) != 1)
            throw new ModelFormatException($"its objective is \"{string.Join(' ', objective)}\"; \"binary sigmoid:1\" can be scored here");
        if (head.GetValueOrDefault("num_class") is not "1" || head.GetValueOrDefault("num_tree_per_iteration", "1") != "1")
            throw new ModelFormatException("it has several classes; a binary classifier can be scored here");
        var features = int.Parse(Value(head, "max_feature_idx", "its head"), CultureInfo.InvariantCulture) + 1;
        var names = Value(head, "feature_names", "its head").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length != features || features < 1)
            throw new ModelFormatException($"it has {features} features, and names {names.Length}");
        if (head.TryGetValue("tree_sizes", out var sizes) && sizes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length is var count && count != trees.Count)
            throw new ModelFormatException($"it has {trees.Count} trees, and its head says {count}: the file is damaged");
        return new ForeignModel($"LightGBM (format {head.GetValueOrDefault("version", "unknown")})", isXGBoost: false, 0, names, [.. trees.Select(Tree)]);
    }

    static string Value(Dictionary<string, string> from, string key, string where) =>
        from.TryGetValue(key, out var value) ? value : throw new ModelFormatException($"{where} has no {key}");

    /// <summary>LightGBM numbers splits and leaves apart, a leaf l being −l − 1 as a child; here leaves come after the splits.</summary>
    static ForeignTree Tree(Dictionary<string, string> tree, int index)
    {
        var where = $"its tree {index}";
        if (tree.GetValueOrDefault("is_linear", "0") != "0")
            throw new ModelFormatException($"{where} has linear models in its leaves (linear_tree); leaves of one value can be scored here");
        var leaves = int.Parse(Value(tree, "num_leaves", where), CultureInfo.InvariantCulture);
        if (leaves < 1)
            throw new ModelFormatException($"{where} has {leaves} leaves");
        var values = Numbers(tree, "leaf_value", leaves, where);
        var splits = leaves - 1;
        if (splits == 0)
            return new ForeignTree([-1], [-1], [0], values, [false], [null], [0], [0]);
        var types = Wholes(tree, "decision_type", splits, where);
        var thresholds = Numbers(tree, "threshold", splits, where);
        var features = Wholes(tree, "split_feature", splits, where);
        var (left, right) = (Children(tree, "left_child", leaves, where), Children(tree, "right_child", leaves, where));
        var missingLeft = new bool[splits + leaves];
        var sets = new HashSet<int>?[splits + leaves];
        for (var node = 0; node < splits; node++)
        {
            if ((types[node] & CategoryBit) != 0)
                sets[node] = Categories(tree, thresholds[node], where);
            else
                missingLeft[node] = MissingLeft(types[node], thresholds[node], where);
        }

        return new ForeignTree(
            left, right, [.. features, .. new int[leaves]], [.. thresholds, .. values], missingLeft, sets, Covers(tree, left, right, leaves, where),
            [.. Numbers(tree, "split_gain", splits, where), .. new double[leaves]]);
    }

    /// <summary>
    /// Where a missing value goes at a threshold. Without missing values in training it counts as 0. Where 0 itself counted as missing
    /// (zero_as_missing), all three must go the same way, since a node of ours has one threshold.
    /// </summary>
    static bool MissingLeft(int type, double threshold, string where)
    {
        var left = (type & DefaultLeftBit) != 0;
        switch ((Missing)(type >> 2 & 3))
        {
            case Missing.None:
                return threshold >= 0;
            case Missing.Zero when left ? threshold < ZeroThreshold : threshold >= -ZeroThreshold:
                throw new ModelFormatException(
                    $"{where} sends zero, as a missing value, another way than its neighbours: models trained with zero_as_missing cannot be scored here");
            case Missing.Zero or Missing.NaN:
                return left;
            default:
                throw new ModelFormatException($"{where} has a decision_type {type}, which is unknown");
        }
    }

    /// <summary>A set is a range of 32-bit words; its number stands in place of a threshold.</summary>
    static HashSet<int> Categories(Dictionary<string, string> tree, double number, string where)
    {
        var bounds = Parts(tree, "cat_boundaries", where).Select(Whole).ToArray();
        var words = Parts(tree, "cat_threshold", where).Select(part => uint.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        if (!(number >= 0 && number < bounds.Length - 1) || bounds[(int)number] < 0 || bounds[(int)number + 1] > words.Length)
            throw new ModelFormatException($"{where} has no set of categories {number}");
        var set = new HashSet<int>();
        for (var word = bounds[(int)number]; word < bounds[(int)number + 1]; word++)
        {
            for (var bit = 0; bit < 32; bit++)
            {
                if ((words[word] >> bit & 1) != 0)
                    set.Add((word - bounds[(int)number]) * 32 + bit);
            }
        }

        return set;
    }

    static int[] Children(Dictionary<string, string> tree, string key, int leaves, string where)
    {
        var children = Wholes(tree, key, leaves - 1, where).Select(child => child >= 0 ? child : leaves - 1 + ~child);
        return [.. children, .. Enumerable.Repeat(-1, leaves)];
    }

    /// <summary>Summed up from the leaves: LightGBM leaves out the root's.</summary>
    static double[] Covers(Dictionary<string, string> tree, int[] left, int[] right, int leaves, string where)
    {
        double[] covers = [.. new double[leaves - 1], .. Numbers(tree, tree.ContainsKey("leaf_weight") ? "leaf_weight" : "leaf_count", leaves, where)];
        // Later splits are below earlier ones.
        for (var node = leaves - 2; node >= 0; node--)
        {
            foreach (var child in (int[])[left[node], right[node]])
            {
                if (child <= node || child >= covers.Length)
                    throw new ModelFormatException($"{where}: split {node} has a child {child} that is not after it");
                covers[node] += covers[child];
            }
        }

        return covers;
    }

    static int[] Wholes(Dictionary<string, string> tree, string key, int count, string where) => [.. Counted(tree, key, count, where).Select(Whole)];

    static double[] Numbers(Dictionary<string, string> tree, string key, int count, string where) =>
        [.. Counted(tree, key, count, where).Select(Number)];

    /// <summary>A threshold of infinity sends every number left and missing values right. So does the largest double, since features are finite; our JSON has no infinity.</summary>
    static double Number(string part) => part switch
    {
        "inf" => double.MaxValue,
        "-inf" => double.MinValue,
        _ => double.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    static string[] Counted(Dictionary<string, string> tree, string key, int count, string where)
    {
        var parts = Parts(tree, key, where);
        return parts.Length == count ? parts : throw new ModelFormatException($"{where} has {parts.Length} numbers as {key}; there must be {count}");
    }

    static string[] Parts(Dictionary<string, string> tree, string key, string where) => Value(tree, key, where).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    static int Whole(string part) => int.Parse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
