namespace FraudStreams.Model.Models.Trees;

/// <summary>
/// Grows one tree after another on the same rows. A step splits a batch of leaves (a whole level, or the single best leaf) in three parallel
/// stages: partition the rows, build the histograms of the smaller children, find the best splits.
/// </summary>
sealed class TreeGrower(BinnedMatrix matrix, FeatureBins[] bins, GradientPairs pairs, BoostingSettings settings, Workers workers)
{
    /// <summary>A node with fewer rows is one task; dividing it would cost more than it saves.</summary>
    const int RowsWorthSharing = 32_768;
    const int FeaturesInTask = 4;

    sealed class Node(int index, int depth, int start, int count, Sums sums)
    {
        public int Index => index;
        public int Depth => depth;
        public int Start => start;
        public int Count => count;
        public Sums Sums => sums;
        public Split Split { get; set; } = Split.None;
        public long[]? Histogram { get; set; }
    }

    /// <summary>Two siblings. The larger one's histogram is the parent's minus the smaller one's.</summary>
    sealed record Siblings(Node Smaller, Node Larger, long[] Parent, long[][] Parts);

    readonly Histograms _histograms = new(matrix, pairs);
    readonly SplitFinder _finder = new(bins, settings, pairs.Unit);
    readonly RowPartition _partition = new(pairs.Rows);
    readonly RowSampler _sampler = new(settings, bins.Length);

    /// <summary>Grows a tree for the current gradient pairs and adds its values to the margins of all rows.</summary>
    public GrownTree Grow(int number, CancellationToken cancellationToken)
    {
        var sampled = _sampler.DrawRows(number, _partition.All);
        var chosen = _sampler.DrawFeatures(number);
        var tree = new GrownTree();
        var root = Root(tree, sampled, chosen);
        var open = new List<Node> { root };
        var leaves = new List<Node>();
        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = Next(open, leaves, tree);
            if (batch.Count > 0) open.AddRange(SplitAll(tree, batch, chosen));
        }
        AddToMargins(tree, leaves, sampled);
        return tree;
    }

    Node Root(GrownTree tree, int sampled, bool[] chosen)
    {
        var parts = BuildParts(sampled);
        workers.Run(parts.Length, i => BuildPart(0, sampled, parts, i));
        for (var i = 1; i < parts.Length; i++)
        {
            for (var at = 0; at < parts[0].Length; at++) parts[0][at] += parts[i][at];
            _histograms.Return(parts[i]);
        }
        // Every row is in exactly one bin of the first feature.
        var sums = default(Sums);
        for (var bin = 0; bin < 256; bin++) sums += new Sums(parts[0][bin * 2], parts[0][bin * 2 + 1]);
        var root = NewNode(tree, 0, 0, sampled, sums);
        root.Histogram = parts[0];
        var groups = (bins.Length + FeaturesInTask - 1) / FeaturesInTask;
        var found = new Split[groups];
        workers.Run(groups, g => found[g] = BestOf(root, parts[0], g, chosen));
        foreach (var split in found)
            if (split.BetterThan(root.Split)) root.Split = split;
        return root;
    }

    /// <summary>Removes the nodes to split next from the open ones; nodes that stay leaves are moved to <paramref name="leaves"/>.</summary>
    List<Node> Next(List<Node> open, List<Node> leaves, GrownTree tree)
    {
        for (var i = open.Count - 1; i >= 0; i--)
            if (open[i].Split.Feature < 0) Close(open, i, leaves);
        if (settings.MaxLeaves == 0)
        {
            List<Node> level = [.. open];
            open.Clear();
            return level;
        }
        if (tree.Leaves >= settings.MaxLeaves)
            while (open.Count > 0) Close(open, open.Count - 1, leaves);
        if (open.Count == 0) return [];
        var best = open[0];
        foreach (var node in open)
            if (node.Split.Gain > best.Split.Gain || (node.Split.Gain == best.Split.Gain && node.Index < best.Index)) best = node;
        open.Remove(best);
        return [best];
    }

    void Close(List<Node> open, int at, List<Node> leaves)
    {
        if (open[at].Histogram is { } histogram) _histograms.Return(histogram);
        leaves.Add(open[at]);
        open.RemoveAt(at);
    }

    List<Node> SplitAll(GrownTree tree, List<Node> batch, bool[] chosen)
    {
        var children = new List<Node>(batch.Count * 2);
        var siblings = new List<Siblings>(batch.Count);
        var lefts = PartitionRows(tree, batch);
        for (var i = 0; i < batch.Count; i++)
        {
            var node = batch[i];
            var left = NewNode(tree, node.Depth + 1, node.Start, lefts[i], node.Split.Left);
            var right = NewNode(tree, node.Depth + 1, node.Start + lefts[i], node.Count - lefts[i], node.Sums - node.Split.Left);
            children.Add(left);
            children.Add(right);
            if (!MaySplit(left) && !MaySplit(right))
            {
                _histograms.Return(node.Histogram!);
                continue;
            }
            var (smaller, larger) = left.Count <= right.Count ? (left, right) : (right, left);
            var parts = BuildParts(smaller.Count);
            smaller.Histogram = parts[0];
            larger.Histogram = node.Histogram;
            siblings.Add(new Siblings(smaller, larger, node.Histogram!, parts));
        }
        BuildSmaller(siblings);
        FindSplits(siblings, chosen);
        return children;
    }

    int[] PartitionRows(GrownTree tree, List<Node> batch)
    {
        var chunks = new List<(int Node, int Start, int Count)>();
        var firstChunk = new int[batch.Count + 1];
        for (var i = 0; i < batch.Count; i++)
        {
            var node = batch[i];
            tree.MakeInner(node.Index, node.Split, bins[node.Split.Feature], i);
            for (var at = 0; at < node.Count; at += RowPartition.ChunkRows)
                chunks.Add((i, node.Start + at, Math.Min(RowPartition.ChunkRows, node.Count - at)));
            firstChunk[i + 1] = chunks.Count;
        }
        var leftsOfChunks = new int[chunks.Count];
        workers.Run(chunks.Count, c =>
        {
            var (at, start, count) = chunks[c];
            var node = batch[at];
            leftsOfChunks[c] = _partition.PartitionChunk(start, count, matrix.Columns[node.Split.Feature], tree.GoesLeft(node.Index));
        });
        var lefts = new int[batch.Count];
        workers.Run(batch.Count, i =>
            lefts[i] = _partition.Join(batch[i].Start, batch[i].Count, leftsOfChunks.AsSpan(firstChunk[i]..firstChunk[i + 1])));
        return lefts;
    }

    /// <summary>Rents one histogram for each task that shares the rows.</summary>
    long[][] BuildParts(int count)
    {
        var parts = new long[count > RowsWorthSharing ? workers.Threads : 1][];
        for (var i = 0; i < parts.Length; i++) parts[i] = _histograms.Rent();
        return parts;
    }

    void BuildPart(int start, int count, long[][] parts, int part)
    {
        var from = (int)((long)count * part / parts.Length);
        var to = (int)((long)count * (part + 1) / parts.Length);
        _histograms.Build(_partition.Rows(start + from, to - from), parts[part]);
    }

    void BuildSmaller(List<Siblings> siblings)
    {
        // Largest first, so that no long task runs last.
        var tasks = new List<(Siblings Pair, int Part)>();
        foreach (var pair in siblings)
            for (var part = 0; part < pair.Parts.Length; part++) tasks.Add((pair, part));
        tasks.Sort((a, b) => (b.Pair.Smaller.Count / b.Pair.Parts.Length).CompareTo(a.Pair.Smaller.Count / a.Pair.Parts.Length));
        workers.Run(tasks.Count, t =>
        {
            var (pair, part) = tasks[t];
            BuildPart(pair.Smaller.Start, pair.Smaller.Count, pair.Parts, part);
        });
    }

    void FindSplits(List<Siblings> siblings, bool[] chosen)
    {
        var groups = (bins.Length + FeaturesInTask - 1) / FeaturesInTask;
        var found = new (Split Smaller, Split Larger)[siblings.Count * groups];
        workers.Run(found.Length, t =>
        {
            var pair = siblings[t / groups];
            Subtract(pair, t % groups);
            found[t] = (BestOf(pair.Smaller, pair.Parts[0], t % groups, chosen), BestOf(pair.Larger, pair.Parent, t % groups, chosen));
        });
        for (var t = 0; t < found.Length; t++)
        {
            var pair = siblings[t / groups];
            if (found[t].Smaller.BetterThan(pair.Smaller.Split)) pair.Smaller.Split = found[t].Smaller;
            if (found[t].Larger.BetterThan(pair.Larger.Split)) pair.Larger.Split = found[t].Larger;
        }
        foreach (var pair in siblings)
            foreach (var part in pair.Parts.AsSpan(1)) _histograms.Return(part);
    }

    /// <summary>Sums the parts of the smaller sibling and subtracts them from the parent, which becomes the larger sibling.</summary>
    void Subtract(Siblings pair, int group)
    {
        for (var f = group * FeaturesInTask; f < Math.Min(bins.Length, (group + 1) * FeaturesInTask); f++)
        {
            var at = f * Histograms.LongsInFeature;
            var length = (bins[f].ValueBins + 1) * 2;
            var smaller = pair.Parts[0].AsSpan(at, length);
            foreach (var part in pair.Parts.AsSpan(1))
                for (var i = 0; i < length; i++) smaller[i] += part[at + i];
            var parent = pair.Parent.AsSpan(at, length);
            for (var i = 0; i < smaller.Length; i++) parent[i] -= smaller[i];
        }
    }

    Split BestOf(Node node, long[] histogram, int group, bool[] chosen)
    {
        var best = Split.None;
        if (!MaySplit(node)) return best;
        for (var f = group * FeaturesInTask; f < Math.Min(bins.Length, (group + 1) * FeaturesInTask); f++)
        {
            if (!chosen[f]) continue;
            var split = _finder.Find(f, histogram.AsSpan(f * Histograms.LongsInFeature, Histograms.LongsInFeature), node.Sums);
            if (split.BetterThan(best)) best = split;
        }
        return best;
    }

    bool MaySplit(Node node) =>
        node.Depth < settings.MaxDepth && node.Count >= 2 && node.Sums.Hessian * pairs.Unit >= 2 * settings.MinChildWeight;

    Node NewNode(GrownTree tree, int depth, int start, int count, Sums sums)
    {
        var weight = sums.Hessian * pairs.Unit + settings.Lambda;
        var step = weight > 0 ? -(sums.Gradient * pairs.Unit) / weight : 0;
        if (settings.MaxLeafStep > 0) step = Math.Clamp(step, -settings.MaxLeafStep, settings.MaxLeafStep);
        return new Node(tree.AddLeaf(settings.LearningRate * step, sums.Hessian * pairs.Unit), depth, start, count, sums);
    }

    void AddToMargins(GrownTree tree, List<Node> leaves, int sampled)
    {
        var margins = pairs.Margins;
        var tasks = new List<(int Start, int Count, float Value)>();
        foreach (var leaf in leaves)
            for (var at = 0; at < leaf.Count; at += RowPartition.ChunkRows)
                tasks.Add((leaf.Start + at, Math.Min(RowPartition.ChunkRows, leaf.Count - at), (float)tree.Value(leaf.Index)));
        workers.Run(tasks.Count, t =>
        {
            var value = tasks[t].Value;
            foreach (var row in _partition.Rows(tasks[t].Start, tasks[t].Count)) margins[row] += value;
        });
        var rest = _partition.All.AsMemory(sampled);
        workers.RunChunks(rest.Length, RowPartition.ChunkRows, (start, count) =>
        {
            foreach (var row in rest.Span.Slice(start, count)) margins[row] += (float)tree.ValueFor(matrix.Columns, row);
        });
    }
}
