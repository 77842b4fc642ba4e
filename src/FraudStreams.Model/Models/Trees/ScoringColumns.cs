namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// The byte columns that a <see cref="BlockScorer"/> compares. A number has one column for the nodes that send missing values left (their code
/// is 0, below every threshold) and one for those that send them right (255, above every threshold); a category has two adjacent columns. Which
/// ones a feature has depends on the tests of its nodes: the codes of a category may also be compared with thresholds. Columns that no node uses
/// are left out.
/// </summary>
/// <remarks>
/// A byte holds the codes of 255 thresholds. A number with more has a column for each 255 of them in ascending order: with the code c of a value, column k
/// holds c − 255k, limited to 0..255, so that <c>c &lt;= 255k + i</c> exactly if column k is at most i. Nodes are compared as bytes whatever the number of thresholds.
/// </remarks>
sealed class ScoringColumns
{
    const byte FlipSign = 0x80;
    const int None = -1;

    /// <summary>Thresholds of one column.</summary>
    const int CutsInColumn = byte.MaxValue;

    /// <param name="MissingLeft">The first column of the nodes that send missing values left.</param>
    readonly record struct Feature(int Index, CutTable? Cuts, CategoryTable? Categories, int Set, int MissingLeft, int MissingRight)
    {
        public int ColumnsOfCuts => (Cuts!.Count + CutsInColumn - 1) / CutsInColumn;
    }

    readonly List<Feature> _used = [];
    readonly Feature?[] _features;

    ScoringColumns(int features) => _features = new Feature?[features];

    public int Count { get; private set; }

    /// <summary>The columns that the nodes of these trees compare.</summary>
    public static ScoringColumns Of(int features, CategoryTable?[] categories, IEnumerable<RegressionTree> trees)
    {
        var columns = new ScoringColumns(features);
        var inner = trees.SelectMany(tree => tree.Nodes).Where(node => !node.IsLeaf);
        foreach (var nodes in inner.GroupBy(node => node.Feature).OrderBy(group => group.Key))
        {
            var feature = new Feature(nodes.Key, null, null, None, None, None);
            if (nodes.Any(node => node.HasSet))
                feature = feature with { Categories = categories[nodes.Key], Set = columns.Add(2) };
            double[] thresholds = [.. nodes.Where(node => !node.HasSet).Select(node => node.Number).Distinct().Order()];
            if (thresholds.Length > 0)
            {
                feature = feature with { Cuts = new CutTable(thresholds) };
                if (nodes.Any(node => !node.HasSet && node.MissingLeft)) feature = feature with { MissingLeft = columns.Add(feature.ColumnsOfCuts) };
                if (nodes.Any(node => !node.HasSet && !node.MissingLeft)) feature = feature with { MissingRight = columns.Add(feature.ColumnsOfCuts) };
            }
            columns._used.Add(feature);
            columns._features[nodes.Key] = feature;
        }
        return columns;
    }

    int Add(int columns)
    {
        var first = Count;
        Count += columns;
        return first;
    }

    /// <summary>The column that a node reads, and the code of its threshold there.</summary>
    public (int Column, byte Threshold) Locate(in TreeNode node)
    {
        var feature = _features[node.Feature]!.Value;
        if (node.HasSet) return (feature.Set, 0);
        var (column, threshold) = Math.DivRem(feature.Cuts!.Code(node.Number), CutsInColumn);
        return ((node.MissingLeft ? feature.MissingLeft : feature.MissingRight) + column, (byte)(threshold ^ FlipSign));
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
            if (cuts.Count > CutsInColumn)
            {
                FillWide(feature, cuts, column, stride, rows, codes);
                continue;
            }
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

    /// <summary>The codes of a number with more thresholds than one column holds.</summary>
    static void FillWide(in Feature feature, CutTable cuts, ReadOnlySpan<double> column, int stride, int rows, Span<byte> codes)
    {
        Span<int> plain = stackalloc int[BlockScorer.BlockRows];
        plain = plain[..rows];
        cuts.Codes(column, stride, plain);
        if (feature.MissingLeft != None) Spread(plain, codes[(feature.MissingLeft * BlockScorer.BlockRows)..], feature.ColumnsOfCuts);
        if (feature.MissingRight == None) return;
        for (var row = 0; row < rows; row++)
            if (double.IsNaN(column[row * stride])) plain[row] = int.MaxValue;
        Spread(plain, codes[(feature.MissingRight * BlockScorer.BlockRows)..], feature.ColumnsOfCuts);
    }

    static void Spread(ReadOnlySpan<int> plain, Span<byte> codes, int columns)
    {
        for (var column = 0; column < columns; column++)
        {
            var bytes = codes.Slice(column * BlockScorer.BlockRows, plain.Length);
            for (var row = 0; row < bytes.Length; row++)
                bytes[row] = (byte)(Math.Clamp(plain[row] - (column * CutsInColumn), 0, byte.MaxValue) ^ FlipSign);
        }
    }
}
