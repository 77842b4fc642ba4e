namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// A growing tree over bin numbers. Each inner node has a table with the direction of each bin, which is the same for numbers, categories and
/// missing values.
/// </summary>
sealed class GrownTree
{
    const int Bins = 256;

    readonly List<TreeNode> _nodes = [];
    readonly List<BinSet> _sets = [];
    readonly List<double> _covers = [];
    readonly List<double> _gains = [];
    byte[] _goesLeft = new byte[64 * Bins];

    public int Leaves { get; private set; }

    public int AddLeaf(double value, double cover)
    {
        _nodes.Add(TreeNode.Leaf(value));
        _covers.Add(cover);
        _gains.Add(0);
        Leaves++;
        return _nodes.Count - 1;
    }

    /// <summary>
    /// Turns a leaf into an inner node. Its children are the next two leaves added, after those of <paramref name="before"/> other nodes.
    /// </summary>
    public void MakeInner(int index, in Split split, FeatureBins bins, int before)
    {
        var left = _nodes.Count + before * 2;
        if (bins.Cuts is { } cuts)
        {
            // Past the last threshold: every value goes left, and only missing values go right.
            var threshold = split.Bin < cuts.Count ? cuts[split.Bin] : double.MaxValue;
            _nodes[index] = new TreeNode(threshold, left, (ushort)split.Feature, false, split.MissingLeft);
        }
        else
        {
            _nodes[index] = new TreeNode(_sets.Count, left, (ushort)split.Feature, true, split.MissingLeft);
            _sets.Add(split.Set);
        }
        _gains[index] = split.Gain;
        Leaves--;
        if (_goesLeft.Length < (index + 1) * Bins) Array.Resize(ref _goesLeft, Math.Max(_goesLeft.Length * 2, (index + 1) * Bins));
        var table = _goesLeft.AsSpan(index * Bins, Bins);
        table.Clear();
        for (var bin = 0; bin < bins.ValueBins; bin++)
            table[bin] = (bins.Cuts is null ? split.Set.Contains(bin) : bin <= split.Bin) ? (byte)1 : (byte)0;
        table[bins.ValueBins] = split.MissingLeft ? (byte)1 : (byte)0;
    }

    public ReadOnlySpan<byte> GoesLeft(int index) => _goesLeft.AsSpan(index * Bins, Bins);

    public double Value(int index) => _nodes[index].Number;

    public double ValueFor(byte[][] columns, int row)
    {
        var nodes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_nodes);
        var at = 0;
        while (!nodes[at].IsLeaf) at = nodes[at].Left + 1 - _goesLeft[at * Bins + columns[nodes[at].Feature][row]];
        return nodes[at].Number;
    }

    public RegressionTree ToTree() => new([.. _nodes], [.. _sets], [.. _covers], [.. _gains]);
}
