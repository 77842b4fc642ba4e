using System.Text.Json;
using FraudStreams.Model.Models.Trees;

namespace FraudStreams.Bench;

/// <summary>
/// TreeSHAP as in Lundberg et al. 2020, algorithm 2: one recursive walk of each tree for each row, with a path that is extended and unwound. The baseline of
/// <see cref="ReasonsBench"/>, and an implementation that shares nothing with the one it measures but the stored model.
/// </summary>
sealed class PlainTreeShap
{
    sealed record Tree(int[] Feature, double[] Number, int[] Left, bool[] MissingLeft, double[] Cover, HashSet<int>[] Sets);

    struct Element
    {
        public int Feature;
        public double Zero;
        public double One;
        public double Weight;
    }

    readonly Tree[] _trees;

    /// <summary>By feature, the number of each category code; null for a number.</summary>
    readonly Dictionary<int, int>?[] _categories;

    public PlainTreeShap(TreeEnsemble model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        _categories =
        [
            .. json.RootElement.GetProperty("features").EnumerateArray().Select(feature => feature.TryGetProperty("codes", out var codes)
                ? codes.EnumerateArray().Select((code, number) => (Code: code.GetInt32(), number)).ToDictionary(c => c.Code, c => c.number)
                : null),
        ];
        _trees =
        [
            .. json.RootElement.GetProperty("trees").EnumerateArray().Select(tree => new Tree(
                Of(tree, "feature", e => e.GetInt32()), Of(tree, "number", e => e.GetDouble()), Of(tree, "left", e => e.GetInt32()),
                Of(tree, "missing", e => e.GetInt32() == 1), Of(tree, "cover", e => e.GetDouble()),
                Of(tree, "sets", e => e.EnumerateArray().Select(n => n.GetInt32()).ToHashSet()))),
        ];
    }

    public void Explain(ReadOnlySpan<double> row, Span<double> contributions)
    {
        contributions.Clear();
        foreach (var tree in _trees)
            Walk(tree, 0, row, contributions, [], 0, 1, 1, -1);
    }

    void Walk(
        Tree tree, int at, ReadOnlySpan<double> row, Span<double> contributions, ReadOnlySpan<Element> parent, int depth, double zero, double one, int feature)
    {
        var path = new Element[depth + 2];
        parent[..depth].CopyTo(path);
        Extend(path, depth, zero, one, feature);
        if (tree.Left[at] < 0)
        {
            for (var i = 1; i <= depth; i++)
                contributions[path[i].Feature] += UnwoundSum(path, depth, i) * (path[i].One - path[i].Zero) * tree.Number[at];
            return;
        }

        var (hot, cold) = GoesLeft(tree, at, row) ? (tree.Left[at], tree.Left[at] + 1) : (tree.Left[at] + 1, tree.Left[at]);
        var (zeroBefore, oneBefore) = (1.0, 1.0);
        var same = Array.FindIndex(path, 1, depth, element => element.Feature == tree.Feature[at]);
        if (same >= 0)
        {
            (zeroBefore, oneBefore) = (path[same].Zero, path[same].One);
            Unwind(path, depth--, same);
        }

        Walk(tree, hot, row, contributions, path, depth + 1, zeroBefore * tree.Cover[hot] / tree.Cover[at], oneBefore, tree.Feature[at]);
        Walk(tree, cold, row, contributions, path, depth + 1, zeroBefore * tree.Cover[cold] / tree.Cover[at], 0, tree.Feature[at]);
    }

    bool GoesLeft(Tree tree, int at, ReadOnlySpan<double> row)
    {
        var value = row[tree.Feature[at]];
        if (_categories[tree.Feature[at]] is not { } numbers)
            return double.IsNaN(value) ? tree.MissingLeft[at] : value <= tree.Number[at];
        return !double.IsNaN(value) && numbers.TryGetValue((int)value, out var number)
            ? tree.Sets[(int)tree.Number[at]].Contains(number)
            : tree.MissingLeft[at];
    }

    static void Extend(Element[] path, int depth, double zero, double one, int feature)
    {
        path[depth] = new Element { Feature = feature, Zero = zero, One = one, Weight = depth == 0 ? 1 : 0 };
        for (var i = depth - 1; i >= 0; i--)
        {
            path[i + 1].Weight += one * path[i].Weight * (i + 1) / (depth + 1);
            path[i].Weight = zero * path[i].Weight * (depth - i) / (depth + 1);
        }
    }

    static void Unwind(Element[] path, int depth, int at)
    {
        var next = path[depth].Weight;
        for (var i = depth - 1; i >= 0; i--)
        {
            if (path[at].One != 0)
            {
                var weight = path[i].Weight;
                path[i].Weight = next * (depth + 1) / ((i + 1) * path[at].One);
                next = weight - path[i].Weight * path[at].Zero * (depth - i) / (depth + 1);
            }
            else
            {
                path[i].Weight = path[i].Weight * (depth + 1) / (path[at].Zero * (depth - i));
            }
        }

        for (var i = at; i < depth; i++)
            (path[i].Feature, path[i].Zero, path[i].One) = (path[i + 1].Feature, path[i + 1].Zero, path[i + 1].One);
    }

    static double UnwoundSum(Element[] path, int depth, int at)
    {
        var next = path[depth].Weight;
        var total = 0.0;
        for (var i = depth - 1; i >= 0; i--)
        {
            if (path[at].One != 0)
            {
                var weight = next * (depth + 1) / ((i + 1) * path[at].One);
                total += weight;
                next = path[i].Weight - weight * path[at].Zero * (depth - i) / (depth + 1);
            }
            else
            {
                total += path[i].Weight * (depth + 1) / (path[at].Zero * (depth - i));
            }
        }

        return total;
    }

    static T[] Of<T>(JsonElement tree, string name, Func<JsonElement, T> read) => [.. tree.GetProperty(name).EnumerateArray().Select(read)];
}
