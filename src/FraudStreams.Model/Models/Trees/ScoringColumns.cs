namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// The byte columns that a <see cref="BlockScorer"/> compares. A number has one column for the nodes that send missing values left (their code
/// is 0, below every threshold) and one for those that send them right (255, above every threshold); a category has two adjacent columns. Which
/// ones a feature has depends on the tests of its nodes: the codes of a category may also be compared with thresholds. Columns that no node uses
/// are left out.
/// </summary>
sealed class ScoringColumns
{
    const byte FlipSign = 0x80;
    const int None = -1;

    readonly record struct Feature(int Index, CutTable? Cuts, CategoryTable? Categories, int Set, int MissingLeft, int MissingRight);

    readonly List<Feature> _used = [];
    readonly Feature?[] _features;

    ScoringColumns(int features) => _features = new Feature?[features];

    public int Count { get; private set; }

    /// <summary>Null if a feature has over 255 thresholds.</summary>
    public static ScoringColumns? TryMake(int features, CategoryTable?[] categories, RegressionTree[] trees)
    {
        var columns = new ScoringColumns(features);
        var inner = trees.SelectMany(tree => tree.Nodes).Where(node => !node.IsLeaf);
        foreach (var nodes in inner.GroupBy(node => node.Feature).OrderBy(group => group.Key))
        {
            var (set, left, right) = (None, None, None);
            CutTable? cuts = null;
            if (nodes.Any(node => node.HasSet))
            {
                set = columns.Count;
                columns.Count += 2;
            }
            double[] thresholds = [.. nodes.Where(node => !node.HasSet).Select(node => node.Number).Distinct().Order()];
            if (thresholds.Length > byte.MaxValue) return null;
            if (thresholds.Length > 0)
            {
                cuts = new CutTable(thresholds);
                if (nodes.Any(node => !node.HasSet && node.MissingLeft)) left = columns.Count++;
                if (nodes.Any(node => !node.HasSet && !node.MissingLeft)) right = columns.Count++;
            }
            var feature = new Feature(nodes.Key, cuts, set == None ? null : categories[nodes.Key], set, left, right);
            columns._used.Add(feature);
            columns._features[nodes.Key] = feature;
        }
        return columns;
    }

    /// <summary>The column that a node reads, and the code of its threshold there.</summary>
    public (int Column, byte Threshold) Locate(in TreeNode node)
    {
        var feature = _features[node.Feature]!.Value;
        return node.HasSet
            ? (feature.Set, (byte)0)
            : (node.MissingLeft ? feature.MissingLeft : feature.MissingRight, (byte)(feature.Cuts!.Code(node.Number) ^ FlipSign));
    }

    /// <summary>Computes the codes of a block of rows; column c is <c>codes[c * 64 ..]</c>.</summary>
    public void Fill(ReadOnlySpan<double> values, int stride, int rows, Span<byte> codes)
    {
        Span<byte> plain = stackalloc byte[BlockScorer.BlockRows];
        plain = plain[..rows];
        foreach (var feature in _used)
        {
            var column = values[feature.Index..];
            if (feature.Categories is { } categories)
            {
                var bytes = codes.Slice(feature.Set * BlockScorer.BlockRows, BlockScorer.BlockRows * 2);
                for (var row = 0; row < rows; row++)
                {
                    var number = categories.Number(column[row * stride]);
                    bytes[row] = (byte)(number >> 3);
                    bytes[BlockScorer.BlockRows + row] = (byte)(1 << (number & 7));
                }
            }
            if (feature.Cuts is not { } cuts) continue;
            cuts.Codes(column, stride, plain);
            if (feature.MissingLeft != None)
            {
                var bytes = codes.Slice(feature.MissingLeft * BlockScorer.BlockRows, rows);
                for (var row = 0; row < rows; row++) bytes[row] = (byte)(plain[row] ^ FlipSign);
            }
            if (feature.MissingRight != None)
            {
                var bytes = codes.Slice(feature.MissingRight * BlockScorer.BlockRows, rows);
                for (var row = 0; row < rows; row++)
                    bytes[row] = (byte)((double.IsNaN(column[row * stride]) ? byte.MaxValue : plain[row]) ^ FlipSign);
            }
        }
    }
}
