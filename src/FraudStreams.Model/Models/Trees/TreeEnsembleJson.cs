using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// The JSON format of a <see cref="TreeEnsemble"/>: one object, with numbers in the shortest form that parses to the same bits. A tree stores its
/// nodes as columns: <c>feature</c> (-1 in a leaf), <c>number</c> (threshold, index in <c>sets</c>, or leaf value), <c>left</c> (the right
/// child is the next), <c>missing</c> (1: missing values go left), <c>cover</c>, <c>gain</c>. Version 2 is written for what version 1 cannot hold
/// (models of other libraries): <c>precision</c> "single", <c>codes</c> of a number, and in a tree <c>set</c> (1: the number is an index in <c>sets</c>), without which
/// every test of a feature with codes is one of a set.
/// </summary>
static class TreeEnsembleJson
{
    public const string Format = "fraudstreams-trees";
    public const int Version = 2;

    public static void Write(Utf8JsonWriter json, TreeEnsemble model)
    {
        json.WriteStartObject();
        var marksSets = model.AllTrees.Any(tree => tree.Nodes.Any(node => !node.IsLeaf && node.HasSet != (model.Categories[node.Feature] is not null)));
        var numbersHaveCodes = model.Features.Zip(model.Categories).Any(f => f.First.Kind == FeatureKind.Number && f.Second is not null);
        ModelJson.WriteHead(json, Format, marksSets || numbersHaveCodes || model.SinglePrecision ? Version : 1);
        if (model.SinglePrecision) json.WriteString("precision", "single");
        json.WriteNumber("baseMargin", model.BaseMargin);
        json.WriteStartArray("features");
        for (var f = 0; f < model.FeatureCount; f++)
        {
            json.WriteStartObject();
            ModelJson.WriteColumn(json, model.Features[f]);
            if (model.Categories[f] is { } categories)
                WriteArray(json, "codes", categories.Codes, static (j, code) => j.WriteNumberValue(code));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("trees");
        foreach (var tree in model.AllTrees) WriteTree(json, tree, marksSets);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteTree(Utf8JsonWriter json, RegressionTree tree, bool marksSets)
    {
        json.WriteStartObject();
        WriteArray(json, "feature", tree.Nodes, static (j, node) => j.WriteNumberValue(node.IsLeaf ? -1 : node.Feature));
        WriteArray(json, "number", tree.Nodes, static (j, node) => j.WriteNumberValue(node.Number));
        WriteArray(json, "left", tree.Nodes, static (j, node) => j.WriteNumberValue(node.Left));
        WriteArray(json, "missing", tree.Nodes, static (j, node) => j.WriteNumberValue(node.MissingLeft ? 1 : 0));
        if (marksSets) WriteArray(json, "set", tree.Nodes, static (j, node) => j.WriteNumberValue(node.HasSet ? 1 : 0));
        WriteArray(json, "cover", tree.Covers, static (j, cover) => j.WriteNumberValue(cover));
        WriteArray(json, "gain", tree.Gains, static (j, gain) => j.WriteNumberValue(gain));
        json.WriteStartArray("sets");
        foreach (var set in tree.Sets)
        {
            json.WriteStartArray();
            for (var number = 0; number < 256; number++)
                if (set.Contains(number)) json.WriteNumberValue(number);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteArray<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items) write(json, item);
        json.WriteEndArray();
    }

    public static TreeEnsemble Read(ReadOnlyMemory<byte> utf8) => ModelJson.Read(utf8, "The trees", Format, Version, Read);

    static TreeEnsemble Read(JsonElement root)
    {
        var features = ImmutableArray.CreateBuilder<FeatureColumn>();
        var categories = new List<CategoryTable?>();
        foreach (var feature in root.GetProperty("features").EnumerateArray())
        {
            var column = ModelJson.ReadColumn(feature);
            features.Add(column);
            // A number has codes where a model tests it as a category, such as the hour of the day.
            var hasCodes = column.Kind == FeatureKind.Category || feature.TryGetProperty("codes", out _);
            categories.Add(hasCodes ? new CategoryTable(Codes(feature, column.Name)) : null);
        }
        var trees = new List<RegressionTree>();
        foreach (var tree in root.GetProperty("trees").EnumerateArray()) trees.Add(ReadTree(tree, trees.Count, categories));
        var single = root.TryGetProperty("precision", out var precision) && precision.GetString() is var text
            && (text == "single" ? true : throw new ModelFormatException($"The model's precision is '{text}'; this program knows 'single'."));
        return new TreeEnsemble(features.ToImmutable(), [.. categories], root.GetProperty("baseMargin").GetDouble(), [.. trees], single);
    }

    static int[] Codes(JsonElement feature, string name)
    {
        var codes = Array(feature, "codes", e => e.GetInt32());
        if (codes.Length > CategoryTable.Missing)
            throw new ModelFormatException(
                $"Feature '{name}' has {codes.Length} categories; at most {CategoryTable.Missing} are possible.");
        for (var i = 0; i < codes.Length; i++)
            if (codes[i] < 0 || codes[i] > FeatureColumn.MaxCategoryCode || (i > 0 && codes[i] <= codes[i - 1]))
                throw new ModelFormatException(
                    $"Feature '{name}': its category codes must ascend from 0 to at most {FeatureColumn.MaxCategoryCode}.");
        return codes;
    }

    static RegressionTree ReadTree(JsonElement tree, int index, List<CategoryTable?> categories)
    {
        var features = Array(tree, "feature", e => e.GetInt32());
        var numbers = Array(tree, "number", e => e.GetDouble());
        var lefts = Array(tree, "left", e => e.GetInt32());
        var missing = Array(tree, "missing", e => e.GetInt32());
        var covers = Array(tree, "cover", e => e.GetDouble());
        var gains = Array(tree, "gain", e => e.GetDouble());
        var sets = Array(tree, "sets", ReadSet);
        var count = features.Length;
        var hasSets = tree.TryGetProperty("set", out _) ? Array(tree, "set", e => e.GetInt32() == 1) : [.. features.Select(f => IsCategory(f, categories))];
        int[] lengths = [count, numbers.Length, lefts.Length, missing.Length, covers.Length, gains.Length, hasSets.Length];
        if (count == 0 || lengths.Any(length => length != count))
            throw new ModelFormatException($"Tree {index}: its columns must be of one length, at least 1.");
        var nodes = new TreeNode[count];
        var parents = new int[count];
        for (var at = 0; at < count; at++)
        {
            if (features[at] == -1)
            {
                nodes[at] = TreeNode.Leaf(numbers[at]);
                continue;
            }
            if (features[at] < 0 || features[at] >= categories.Count)
                throw new ModelFormatException($"Tree {index}, node {at}: there is no feature {features[at]}.");
            if (lefts[at] <= at || lefts[at] + 1 >= count || parents[lefts[at]]++ > 0)
                throw new ModelFormatException(
                    $"Tree {index}, node {at}: its children ({lefts[at]} and the next) must be two later nodes of no other parent.");
            var hasSet = hasSets[at];
            if (hasSet && categories[features[at]] is null)
                throw new ModelFormatException($"Tree {index}, node {at}: tests a set of categories, and feature {features[at]} has none.");
            if (hasSet && !(numbers[at] >= 0 && numbers[at] < sets.Length && numbers[at] == Math.Floor(numbers[at])))
                throw new ModelFormatException($"Tree {index}, node {at}: there is no set {numbers[at]}.");
            nodes[at] = new TreeNode(numbers[at], lefts[at], (ushort)features[at], hasSet, missing[at] == 1);
        }
        if (features.Count(f => f >= 0) * 2 + 1 != count)
            throw new ModelFormatException($"Tree {index}: a node other than its first has no parent.");
        return new RegressionTree(nodes, sets, covers, gains);
    }

    static bool IsCategory(int feature, List<CategoryTable?> categories) => feature >= 0 && feature < categories.Count && categories[feature] is not null;

    static BinSet ReadSet(JsonElement json)
    {
        var set = default(BinSet);
        foreach (var number in json.EnumerateArray()) set.Add(number.GetByte());
        return set;
    }

    static T[] Array<T>(JsonElement json, string name, Func<JsonElement, T> read) =>
        [.. json.GetProperty(name).EnumerateArray().Select(read)];
}
