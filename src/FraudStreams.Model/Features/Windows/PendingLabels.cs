namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Labels of topic `labels` that are not applied yet: those with a later time than the payments have reached, and those whose payment has not
/// arrived or was evicted.
/// </summary>
/// <param name="reach">Milliseconds after which no window can see a payment: a label known longer ago is dropped.</param>
sealed class PendingLabels(long reach)
{
    const int LeastSwept = 1024;

    readonly PriorityQueue<(ulong Id, bool Fraud), (long KnownAt, long Number)> _ahead = new();
    readonly Dictionary<ulong, long> _unmatched = [];
    Watermark _read = new();
    long _moment = long.MinValue;
    long _number;
    int _sweepAt = LeastSwept;

    internal long Bytes => (_ahead.EnsureCapacity(0) * 32L) + (_unmatched.EnsureCapacity(0) * 28L);

    /// <summary>
    /// Whether more labels must be read before a payment at this time is computed. The labels' own watermark decides, so that a few labels
    /// with a wrong clock have no effect.
    /// </summary>
    internal bool IsBehind(long moment) => _read.Now <= Math.Max(_moment, moment);

    internal void Add(ulong id, bool fraud, long knownAt)
    {
        _read.Take(knownAt);
        _ahead.Enqueue((id, fraud), (knownAt, _number++));
    }

    /// <summary>Applies every label known by this time to its payments, earliest first, equal times in arrival order.</summary>
    internal void Apply(long moment, WindowTable[] tables, long watermark)
    {
        _moment = Math.Max(_moment, moment);
        while (_ahead.TryPeek(out var label, out var at) && at.KnownAt <= _moment)
        {
            _ahead.Dequeue();
            var found = false;
            foreach (var table in tables)
                found |= table.Label(label.Id, label.Fraud, at.KnownAt);
            if (_unmatched.TryGetValue(label.Id, out var waiting) || !found)
                AddUnmatched(label.Id, PackedLabel.WithLabel(waiting, label.Fraud, at.KnownAt), watermark);
        }
    }

    /// <summary>The packed label of an arriving payment: its own label and any label that was waiting for it.</summary>
    internal long LabelOf(ulong id, bool? ownLabel, long watermark)
    {
        var own = PackedLabel.Of(ownLabel);
        return _unmatched.Count > 0 && _unmatched.TryGetValue(id, out var label) && !IsPast(label, watermark) ? own | label : own;
    }

    internal void Sweep(long watermark)
    {
        foreach (var (id, label) in _unmatched)
        {
            if (IsPast(label, watermark))
                _unmatched.Remove(id);
        }
    }

    /// <summary>The labels that may matter to payments of these ids, up to this time.</summary>
    internal PendingLabels CopyFor(IEnumerable<ulong> ids, long moment)
    {
        var copy = new PendingLabels(reach) { _moment = _moment, _read = _read.Copy() };

        // A label that came after payments of a later time is due with the next payment, however late that is.
        moment = Math.Max(moment, _moment);
        if (_ahead.TryPeek(out _, out var first) && first.KnownAt <= moment)
        {
            foreach (var (label, at) in _ahead.UnorderedItems)
            {
                if (at.KnownAt <= moment)
                    copy._ahead.Enqueue(label, at);
            }
        }
        foreach (var id in ids)
        {
            if (_unmatched.TryGetValue(id, out var label))
                copy._unmatched[id] = label;
        }
        copy._number = _number;
        return copy;
    }

    internal void Write(SnapshotWriter writer)
    {
        writer.Long(_moment);
        writer.Watermark(_read);
        writer.Int(_ahead.Count);
        foreach (var ((id, fraud), (knownAt, _)) in _ahead.UnorderedItems.OrderBy(item => item.Priority))
        {
            writer.Long((long)id);
            writer.Int(fraud ? 1 : 0);
            writer.Long(knownAt);
        }
        writer.Int(_unmatched.Count);
        foreach (var (id, label) in _unmatched.OrderBy(entry => entry.Key))
        {
            writer.Long((long)id);
            writer.Long(label);
        }
    }

    internal void Read(SnapshotReader reader)
    {
        _moment = reader.Long();
        _read = reader.ReadWatermark();
        for (var left = reader.Int(0, int.MaxValue); left > 0; left--)
            _ahead.Enqueue(((ulong)reader.Long(), reader.Int(0, 1) == 1), (reader.Long(), _number++));
        for (var left = reader.Int(0, int.MaxValue); left > 0; left--)
            _unmatched[(ulong)reader.Long()] = reader.Long();
    }

    void AddUnmatched(ulong id, long label, long watermark)
    {
        if (_unmatched.Count >= _sweepAt)
        {
            Sweep(watermark);
            _sweepAt = Math.Max(LeastSwept, _unmatched.Count * 2);
        }
        _unmatched[id] = label;
    }

    bool IsPast(long label, long watermark) => watermark != long.MinValue && PackedLabel.KnownAt(label) <= watermark - reach;
}
