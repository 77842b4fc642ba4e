namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// Labels of topic `labels` on their way to their payments: those that become known later than the payments have come, and those whose payment has not
/// come, or has left.
/// </summary>
/// <param name="reach">Milliseconds after which no window sees a payment any more: a label known so long ago waits for nobody.</param>
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

    /// <summary>Whether labels have not been read to where a payment at that moment needs them. A few of a wrong clock do not count.</summary>
    internal bool IsBehind(long moment) => _read.Now <= Math.Max(_moment, moment);

    internal void Add(ulong id, bool fraud, long knownAt)
    {
        _read.Take(knownAt);
        _ahead.Enqueue((id, fraud), (knownAt, _number++));
    }

    /// <summary>Gives the payments every label that is known by that moment, the earliest first; equals in the order they came in.</summary>
    internal void Apply(long moment, WindowTable[] tables, long clock)
    {
        _moment = Math.Max(_moment, moment);
        while (_ahead.TryPeek(out var label, out var at) && at.KnownAt <= _moment)
        {
            _ahead.Dequeue();
            var found = false;
            foreach (var table in tables)
                found |= table.Label(label.Id, label.Fraud, at.KnownAt);
            if (_unmatched.TryGetValue(label.Id, out var mark) || !found)
                Wait(label.Id, PackedLabel.WithLabel(mark, label.Fraud, at.KnownAt), clock);
        }
    }

    /// <summary>The mark of a payment that comes now.</summary>
    internal long MarkOf(ulong id, bool? ownLabel, long clock)
    {
        var own = PackedLabel.Of(ownLabel);
        return _unmatched.Count > 0 && _unmatched.TryGetValue(id, out var label) && !IsPast(label, clock) ? own | label : own;
    }

    internal void Sweep(long clock)
    {
        foreach (var (id, label) in _unmatched)
        {
            if (IsPast(label, clock))
                _unmatched.Remove(id);
        }
    }

    internal void Write(SnapshotWriter writer)
    {
        writer.Long(_moment);
        writer.Clock(_read);
        writer.Int(_ahead.Count);
        foreach (var ((id, fraud), (knownAt, _)) in _ahead.UnorderedItems.OrderBy(item => item.Priority))
        {
            writer.Long((long)id);
            writer.Int(fraud ? 1 : 0);
            writer.Long(knownAt);
        }
        writer.Int(_unmatched.Count);
        foreach (var (id, label) in _unmatched.OrderBy(waiting => waiting.Key))
        {
            writer.Long((long)id);
            writer.Long(label);
        }
    }

    internal void Read(SnapshotReader reader)
    {
        _moment = reader.Long();
        _read = reader.Clock();
        for (var left = reader.Int(0, int.MaxValue); left > 0; left--)
            _ahead.Enqueue(((ulong)reader.Long(), reader.Int(0, 1) == 1), (reader.Long(), _number++));
        for (var left = reader.Int(0, int.MaxValue); left > 0; left--)
            _unmatched[(ulong)reader.Long()] = reader.Long();
    }

    void Wait(ulong id, long label, long clock)
    {
        if (_unmatched.Count >= _sweepAt)
        {
            Sweep(clock);
            _sweepAt = Math.Max(LeastSwept, _unmatched.Count * 2);
        }
        _unmatched[id] = label;
    }

    bool IsPast(long label, long clock) => clock != long.MinValue && PackedLabel.KnownAt(label) <= clock - reach;
}
