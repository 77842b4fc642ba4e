using System.Globalization;
using System.Text.Json;

namespace FraudStreams.Model.Models.Import;

/// <summary>
/// Reads XGBoost's JSON (its documentation, "Introduction to Model IO") of a binary classifier of trees. Numbers are taken in single precision, in which the
/// library computes; a file has them in the shortest form that parses to the same bits.
/// </summary>
static class XGBoostReader
{
    /// <exception cref="ModelFormatException">It is no such model, or of a kind that cannot be scored here.</exception>
    public static ForeignModel Read(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var json = JsonDocument.Parse(file);
            return Read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new ModelFormatException($"it is no JSON of an XGBoost model, or is damaged: {e.Message}", e);
        }
    }

    static ForeignModel Read(JsonElement root)
    {
        var learner = root.GetProperty("learner");
        var objective = learner.GetProperty("objective").GetProperty("name").GetString();
        if (objective is not ("binary:logistic" or "reg:logistic"))
            throw new ModelFormatException($"its objective is {objective}; binary:logistic can be scored here");
        var booster = learner.GetProperty("gradient_booster");
        if (booster.GetProperty("name").GetString() is var name && name != "gbtree")
            throw new ModelFormatException($"its booster is {name}; gbtree can be scored here");
        var parameters = learner.GetProperty("learner_model_param");
        if (Whole(parameters, "num_class") > 1 || Whole(parameters, "num_target") > 1)
            throw new ModelFormatException("it has several classes or targets; a binary classifier can be scored here");
        var features = Whole(parameters, "num_feature");
        if (features < 1)
            throw new ModelFormatException("it has no features");
        var names = learner.TryGetProperty("feature_names", out var list) ? list.EnumerateArray().Select(e => e.GetString()).ToArray() : [];
        if (names.Length == 0)
            names = new string?[features];
        if (names.Length != features)
            throw new ModelFormatException($"it has {features} features, and names {names.Length}");
        var trees = booster.GetProperty("model").GetProperty("trees").EnumerateArray().Select(Tree).ToArray();
        var version = root.TryGetProperty("version", out var numbers) ? " " + string.Join('.', numbers.EnumerateArray().Select(n => n.GetInt32())) : "";
        return new ForeignModel($"XGBoost{version}", isXGBoost: true, Margin(parameters), names, trees);
    }

    /// <summary>The file has the base score as a probability, "5E-1", in newer versions in brackets; the library makes log-odds of it in single precision.</summary>
    static double Margin(JsonElement parameters)
    {
        var text = parameters.GetProperty("base_score").GetString() ?? "";
        if (!float.TryParse(text.Trim('[', ']', ' '), NumberStyles.Float, CultureInfo.InvariantCulture, out var score) || score is not (> 0 and < 1))
            throw new ModelFormatException($"its base_score is {text}; it is one number above 0 and below 1");
        return -MathF.Log((1f / score) - 1f);
    }

    static ForeignTree Tree(JsonElement tree, int index)
    {
        if (tree.TryGetProperty("tree_param", out var parameters) && Whole(parameters, "size_leaf_vector") > 1)
            throw new ModelFormatException($"its tree {index} has leaves of several values; leaves of one value can be scored here");
        var left = Wholes(tree, "left_children");
        var sets = new HashSet<int>?[left.Length];
        // A category has a set even where the list is empty: then every value goes left.
        if (tree.TryGetProperty("split_type", out _))
        {
            var types = Wholes(tree, "split_type");
            if (types.Length != left.Length)
                throw new ModelFormatException($"its tree {index} has lists of different lengths");
            for (var node = 0; node < left.Length; node++)
                sets[node] = types[node] == 1 && left[node] >= 0 ? [] : null;
            var (nodes, starts, sizes, categories) =
                (Wholes(tree, "categories_nodes"), Wholes(tree, "categories_segments"), Wholes(tree, "categories_sizes"), Wholes(tree, "categories"));
            for (var i = 0; i < nodes.Length; i++)
            {
                if (i >= starts.Length || i >= sizes.Length || nodes[i] < 0 || nodes[i] >= left.Length || starts[i] < 0 || sizes[i] < 0
                    || starts[i] > categories.Length - sizes[i])
                    throw new ModelFormatException($"its tree {index} has categories of nodes or ranges that do not exist");
                sets[nodes[i]]?.UnionWith(categories.AsSpan(starts[i], sizes[i]).ToArray());
            }
        }

        return new ForeignTree(
            left, Wholes(tree, "right_children"), Wholes(tree, "split_indices"), Numbers(tree, "split_conditions"), [.. Wholes(tree, "default_left").Select(n => n != 0)],
            sets, Numbers(tree, "sum_hessian"), [.. Numbers(tree, "loss_changes").Select(gain => double.IsFinite(gain) ? gain : 0)]);
    }

    /// <summary>XGBoost writes its parameters as texts.</summary>
    static int Whole(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) ? 0
        : value.ValueKind == JsonValueKind.String ? int.Parse(value.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
        : value.GetInt32();

    static int[] Wholes(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(Whole)];

    static int Whole(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => value.TryGetInt32(out var whole) ? whole : checked((int)value.GetDouble()),
    };

    static double[] Numbers(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(value => (double)Number(value))];

    static float Number(JsonElement value) => value.ValueKind != JsonValueKind.String ? value.GetSingle() : value.GetString() switch
    {
        "NaN" or "-NaN" => float.NaN,
        "Infinity" => float.PositiveInfinity,
        "-Infinity" => float.NegativeInfinity,
        var other => throw new FormatException($"\"{other}\" is not a number"),
    };
}
