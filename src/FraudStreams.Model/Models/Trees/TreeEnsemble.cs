using System.Collections.Immutable;
using System.Text.Json;

namespace FraudStreams.Model.Models.Trees;

/// <summary>A trained sum of trees. Immutable; scores from any number of threads at once.</summary>
public sealed class TreeEnsemble : IScorer
{
    /// <summary>A block costs the same for one row as for 64; below this many, walking is cheaper.</summary>
    const int RowsWorthABlock = 4;

    readonly CategoryTable?[] _categories;
    readonly RegressionTree[] _trees;
    readonly BlockScorer? _blocks;

    /// <param name="categories">One a feature: the categories it knows, or null for numbers.</param>
    /// <param name="baseMargin">Log-odds before the first tree.</param>
    internal TreeEnsemble(ImmutableArray<FeatureColumn> features, CategoryTable?[] categories, double baseMargin, RegressionTree[] trees)
    {
        Features = features;
        BaseMargin = baseMargin;
        _categories = categories;
        _trees = trees;
        _blocks = BlockScorer.TryCompile(features.Length, baseMargin, categories, trees);
    }

    /// <summary>Names and kinds of the features, in the order of a row.</summary>
    public ImmutableArray<FeatureColumn> Features { get; }

    /// <inheritdoc/>
    public int FeatureCount => Features.Length;

    /// <summary>Number of trees; 0 is possible, and scores every row alike.</summary>
    public int Trees => _trees.Length;

    /// <summary>Log-odds before the first tree.</summary>
    public double BaseMargin { get; }

    internal IReadOnlyList<CategoryTable?> Categories => _categories;

    internal IReadOnlyList<RegressionTree> AllTrees => _trees;

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<double> features, Span<double> scores)
    {
        if (features.Length != (long)scores.Length * FeatureCount)
            throw new ArgumentException(
                $"{scores.Length} rows of {FeatureCount} features are {(long)scores.Length * FeatureCount} values, not {features.Length}.");
        if (_blocks is not null && scores.Length >= RowsWorthABlock) _blocks.Margins(features, scores);
        else WalkMargins(features, scores);
        for (var row = 0; row < scores.Length; row++) scores[row] = 1 / (1 + Math.Exp(-scores[row]));
    }

    /// <summary>Scores one row: the same bits as in a batch.</summary>
    /// <param name="row"><see cref="FeatureCount"/> values.</param>
    /// <returns>Probability of fraud, 0..1.</returns>
    public double Score(ReadOnlySpan<double> row)
    {
        var score = 0.0;
        Score(row, new Span<double>(ref score));
        return score;
    }

    /// <summary>Writes the model as one JSON object. Reading it back gives a model of the same bits.</summary>
    public void Save(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        TreeEnsembleJson.Write(json, this);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="utf8">The whole file.</param>
    /// <exception cref="ModelFormatException">It is cut short, of another format or version, or contradicts itself; the message says
    /// where.</exception>
    public static TreeEnsemble Load(ReadOnlyMemory<byte> utf8) => TreeEnsembleJson.Read(utf8);

    /// <summary>For each feature the gain of all splits by it, as a share of all gains: 0..1, sum 1 (or all 0 without splits).</summary>
    public ImmutableArray<double> Importances()
    {
        var gains = new double[FeatureCount];
        foreach (var tree in _trees)
            for (var node = 0; node < tree.Nodes.Length; node++)
                if (!tree.Nodes[node].IsLeaf) gains[tree.Nodes[node].Feature] += tree.Gains[node];
        var all = gains.Sum();
        return [.. gains.Select(gain => all > 0 ? gain / all : 0)];
    }

    /// <summary>
    /// Log-odds, one tree and one row after the other: for single rows, for trees that do not fit blocks, and to test blocks against.
    /// </summary>
    internal void WalkMargins(ReadOnlySpan<double> features, Span<double> margins)
    {
        for (var row = 0; row < margins.Length; row++)
        {
            var values = features.Slice(row * FeatureCount, FeatureCount);
            var margin = BaseMargin;
            foreach (var tree in _trees) margin += tree.Walk(values, _categories);
            margins[row] = margin;
        }
    }
}
