using System.Collections.Immutable;
using System.Text.Json;
using FraudStreams.Model.Features;

namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// A trained ensemble of regression trees (<see cref="GradientBoosting"/>): the score is the logistic function of the base margin plus the sum of
/// the trees. Immutable and thread-safe.
/// </summary>
public sealed class TreeEnsemble : IScorer
{
    /// <summary>A block costs the same for one row as for 64; for fewer rows than this, walking the trees is cheaper.</summary>
    const int RowsWorthABlock = 4;

    readonly CategoryTable?[] _categories;
    readonly RegressionTree[] _trees;
    readonly BlockScorer? _blocks;

    /// <param name="features">Name and kind of each feature.</param>
    /// <param name="categories">One a feature: its known categories, or null for a number.</param>
    /// <param name="baseMargin">Log-odds before the first tree.</param>
    /// <param name="trees">The trees, in training order.</param>
    /// <param name="singlePrecision">Whether sums and scores are rounded to single precision, as XGBoost computes them.</param>
    internal TreeEnsemble(
        ImmutableArray<FeatureColumn> features, CategoryTable?[] categories, double baseMargin, RegressionTree[] trees, bool singlePrecision = false)
    {
        SinglePrecision = singlePrecision;
        Features = features;
        BaseMargin = baseMargin;
        _categories = categories;
        _trees = trees;
        _blocks = BlockScorer.TryCompile(features.Length, baseMargin, categories, trees, singlePrecision);
    }

    /// <summary>Name and kind of each feature, in the order of the values of a row.</summary>
    public ImmutableArray<FeatureColumn> Features { get; }

    /// <inheritdoc/>
    public int FeatureCount => Features.Length;

    /// <summary>Number of trees; an ensemble without trees gives every row the same score.</summary>
    public int Trees => _trees.Length;

    /// <summary>Log-odds before the first tree.</summary>
    public double BaseMargin { get; }

    /// <summary>Whether margins are summed and scores computed in single precision: for models of a library that does so.</summary>
    public bool SinglePrecision { get; }

    /// <summary>Whether batches are scored in blocks; else the trees are walked row by row.</summary>
    internal bool HasBlocks => _blocks is not null;

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
        if (SinglePrecision)
        {
            foreach (ref var score in scores) score = SingleSigmoid((float)score);
            return;
        }
        for (var row = 0; row < scores.Length; row++) scores[row] = 1 / (1 + Math.Exp(-scores[row]));
    }

    /// <summary>Scores one row, with the same bits as in a batch.</summary>
    /// <param name="row"><see cref="FeatureCount"/> values.</param>
    /// <returns>Probability of fraud, 0..1.</returns>
    public double Score(ReadOnlySpan<double> row)
    {
        var score = 0.0;
        Score(row, new Span<double>(ref score));
        return score;
    }

    /// <summary>Writes the model as one JSON object. <see cref="Load"/> gives the same model, bit for bit.</summary>
    /// <param name="stream">Receives the UTF-8 text; not closed.</param>
    public void Save(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        TreeEnsembleJson.Write(json, this);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="utf8">The whole file.</param>
    /// <exception cref="ModelFormatException">The file is truncated, has another format or version, or is inconsistent; the message says
    /// where.</exception>
    public static TreeEnsemble Load(ReadOnlyMemory<byte> utf8) => TreeEnsembleJson.Read(utf8);

    /// <summary>
    /// Feature importances by total gain (XGBoost's total_gain): one a feature, the share of its splits in the gain of all splits, 0..1. They sum to
    /// 1, or are all 0 without splits.
    /// </summary>
    public ImmutableArray<double> Importances()
    {
        var gains = new double[FeatureCount];
        foreach (var tree in _trees)
            for (var node = 0; node < tree.Nodes.Length; node++)
                if (!tree.Nodes[node].IsLeaf) gains[tree.Nodes[node].Feature] += tree.Gains[node];
        var all = gains.Sum();
        return [.. gains.Select(gain => all > 0 ? gain / all : 0)];
    }

    /// <summary>XGBoost's logistic function, operation by operation; the exponential does not overflow.</summary>
    internal static float SingleSigmoid(float margin) => 1f / (MathF.Exp(MathF.Min(-margin, 88.7f)) + 1f + 1e-16f);

    /// <summary>
    /// Log-odds by walking each tree for each row: for a few rows, and as a reference for tests.
    /// </summary>
    internal void WalkMargins(ReadOnlySpan<double> features, Span<double> margins)
    {
        for (var row = 0; row < margins.Length; row++)
        {
            var values = features.Slice(row * FeatureCount, FeatureCount);
            var margin = BaseMargin;
            foreach (var tree in _trees)
            {
                margin += tree.Walk(values, _categories);
                // A sum of two floats, computed in double and rounded once, has the bits of the sum in float.
                if (SinglePrecision) margin = (float)margin;
            }
            margins[row] = margin;
        }
    }
}
