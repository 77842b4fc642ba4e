using System.Runtime.InteropServices;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// One key's events in event-time order, equal times in arrival order: chunks of four events, each in its own block, and a ring buffer of
/// the chunks' handles. The buffer grows and shrinks by chunks of one size, so that any key can reuse freed space. The key's words also hold,
/// for each window span, its edges (event indices from the oldest) and the running aggregates over the events between them.
/// </summary>
ref struct KeyedEventBuffer
{
    /// <summary>Ring handle and size; head and count; length of the key's bytes and number of late labels.</summary>
    internal const int HeaderWords = 3;

    internal const int ChunkEvents = 1 << ChunkShift;

    const int ChunkShift = 2;

    readonly WindowLayout _layout;
    readonly SlabAllocator _slabs;
    readonly Span<long> _key;
    Span<uint> _chunks;

    internal KeyedEventBuffer(WindowLayout layout, SlabAllocator slabs, Span<long> key)
    {
        _layout = layout;
        _slabs = slabs;
        _key = key;
        _chunks = RingHandle == 0 ? default : MemoryMarshal.Cast<long, uint>(slabs.Words(RingHandle, RingSize));
    }

    internal readonly int Count => High(_key[1]);

    readonly int Head => Low(_key[1]);

    readonly uint RingHandle => (uint)_key[0];

    readonly int RingSize => High(_key[0]);

    readonly int Capacity => _chunks.Length * ChunkEvents;

    /// <summary>Labels that take effect only after the first window can see their event.</summary>
    internal readonly int LateLabels
    {
        get => High(_key[2]);
        set => _key[2] = Pack(Low(_key[2]), value);
    }

    internal readonly Span<long> Key => _key;

    /// <summary>The words of an event; 0 is the oldest.</summary>
    internal readonly Span<long> this[int index]
    {
        get
        {
            var at = RingIndex(index);
            var chunk = _slabs.Words(_chunks[at >> ChunkShift], _layout.ChunkSize);
            return chunk.Slice((at & (ChunkEvents - 1)) * _layout.EventWords, _layout.EventWords);
        }
    }

    internal readonly (int Left, int Right) Edges(WindowSpan span) => (Low(_key[span.EdgesAt]), High(_key[span.EdgesAt]));

    /// <summary>Number of events with a time up to and including this one.</summary>
    internal readonly int UpTo(long time)
    {
        var (from, to) = (0, Count);
        if (to == 0 || this[to - 1][0] <= time)
            return to;
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (this[middle][0] <= time)
                from = middle + 1;
            else
                to = middle;
        }
        return from;
    }

    /// <summary>Moves a span's edges, forward or back, to the window of a payment at this time, and updates its aggregates.</summary>
    internal readonly void Move(WindowSpan span, long time)
    {
        var (left, right) = Edges(span);
        var end = time - span.Delay;
        var start = end - span.Over;
        var count = Count;
        while (right < count && this[right][0] <= end)
            Apply(span, right++, +1);
        while (right > 0 && this[right - 1][0] > end)
            Apply(span, --right, -1);
        while (left < count && this[left][0] <= start)
            Apply(span, left++, -1);
        while (left > 0 && this[left - 1][0] > start)
            Apply(span, --left, +1);
        _key[span.EdgesAt] = Pack(left, right);
    }

    /// <summary>
    /// Inserts an event in time order. The caller has moved every span's edges to the event's time (<see cref="Move"/>).
    /// </summary>
    internal void Insert(ReadOnlySpan<long> paymentEvent)
    {
        var index = UpTo(paymentEvent[0]);
        Extend();
        for (var last = Count - 1; last > index; last--)
            this[last - 1].CopyTo(this[last]);
        paymentEvent.CopyTo(this[index]);
        foreach (var span in _layout.Spans)
        {
            if (span.Delay > 0)
                continue;
            var (left, right) = Edges(span);
            _key[span.EdgesAt] = Pack(left, right + 1);
            Apply(span, index, +1);
        }
    }

    /// <summary>Appends an event that is no earlier than the last, without updating aggregates: to restore a snapshot.</summary>
    internal Span<long> Append()
    {
        Extend();
        return this[Count - 1];
    }

    /// <summary>Removes the oldest event.</summary>
    internal readonly void RemoveOldest()
    {
        foreach (var span in _layout.Spans)
        {
            var (left, right) = Edges(span);
            if (left == 0 && right > 0)
                Apply(span, 0, -1);
            _key[span.EdgesAt] = Pack(Math.Max(0, left - 1), Math.Max(0, right - 1));
        }
        var (head, next) = (Head, RingIndex(1));
        if (Count == 1 || (next & (ChunkEvents - 1)) == 0)
            _slabs.Return(_chunks[head >> ChunkShift], _layout.ChunkSize);
        _key[1] = Count == 1 ? 0 : Pack(next, Count - 1);
    }

    /// <summary>Frees the ring of an empty buffer.</summary>
    internal void Free()
    {
        if (RingHandle != 0)
            _slabs.Return(RingHandle, RingSize);
        _key[0] = 0;
        _chunks = default;
    }

    /// <summary>Replaces an event's <see cref="PackedLabel"/> and updates the fraud counts.</summary>
    internal readonly void SetLabel(int index, long label)
    {
        foreach (var span in _layout.Spans)
        {
            var (left, right) = Edges(span);
            if (index < left || index >= right)
                continue;
            ApplyFrauds(span, index, -1);
        }
        this[index][_layout.LabelWord] = label;
        foreach (var span in _layout.Spans)
        {
            var (left, right) = Edges(span);
            if (index < left || index >= right)
                continue;
            ApplyFrauds(span, index, +1);
        }
    }

    readonly void ApplyFrauds(WindowSpan span, int index, int sign)
    {
        foreach (ref readonly var aggregate in span.Aggregates.AsSpan())
        {
            if (aggregate.Kind == AggregateKind.Frauds)
                aggregate.Apply(_key, this[index], sign);
        }
    }

    readonly void Apply(WindowSpan span, int index, int sign)
    {
        foreach (ref readonly var aggregate in span.Aggregates.AsSpan())
            aggregate.Apply(_key, this[index], sign);
    }

    /// <summary>An event's index in the ring.</summary>
    readonly int RingIndex(int index)
    {
        var at = Head + index;
        return at >= Capacity ? at - Capacity : at;
    }

    /// <summary>Makes room for one more event at the end.</summary>
    void Extend()
    {
        // The end never wraps into the chunk of the oldest event, because a chunk is freed as a whole.
        if ((Head & (ChunkEvents - 1)) + Count >= Capacity)
            GrowRing();
        var end = RingIndex(Count);
        if ((end & (ChunkEvents - 1)) == 0)
            _chunks[end >> ChunkShift] = _slabs.Rent(_layout.ChunkSize);
        _key[1] = Pack(Head, Count + 1);
    }

    void GrowRing()
    {
        var size = RingHandle == 0 ? 0 : RingSize + 1;
        var handle = _slabs.Rent(size);
        var chunks = MemoryMarshal.Cast<long, uint>(_slabs.Words(handle, size));
        var first = Head >> ChunkShift;
        if (RingHandle != 0)
        {
            _chunks[first..].CopyTo(chunks);
            _chunks[..first].CopyTo(chunks[(_chunks.Length - first)..]);
            _slabs.Return(RingHandle, RingSize);
        }
        _chunks = chunks;
        _key[0] = Pack((int)handle, size);
        _key[1] = Pack(Head & (ChunkEvents - 1), Count);
    }

    static int Low(long word) => (int)word;

    static int High(long word) => (int)(word >> 32);

    static long Pack(int low, int high) => (long)(((ulong)(uint)high << 32) | (uint)low);
}
