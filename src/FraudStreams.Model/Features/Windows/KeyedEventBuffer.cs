using System.Runtime.InteropServices;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// One key's events in the order of event time, equal times in the order of coming: chunks of four events in blocks of their own, and a
/// ring of the chunks' handles. So a history grows and shrinks by chunks, which are all of one size, and leaves no room behind that
/// another key could not use. Beside it, in the key's words, stand for each span the edges, as numbers of events from the oldest, and the
/// sums over the events between them.
/// </summary>
ref struct KeyedEventBuffer
{
    /// <summary>Ring and its size; first place and count; length of the key's bytes and number of labels that came late.</summary>
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

    /// <summary>Labels whose effect on a sum is not there from the first moment on.</summary>
    internal readonly int LateLabels
    {
        get => High(_key[2]);
        set => _key[2] = Pack(Low(_key[2]), value);
    }

    internal readonly Span<long> Key => _key;

    /// <summary>The words of the event at a place in the order of time.</summary>
    internal readonly Span<long> this[int place]
    {
        get
        {
            var at = Place(place);
            var chunk = _slabs.Words(_chunks[at >> ChunkShift], _layout.ChunkSize);
            return chunk.Slice((at & (ChunkEvents - 1)) * _layout.EventWords, _layout.EventWords);
        }
    }

    internal readonly (int Left, int Right) Edges(WindowSpan span) => (Low(_key[span.EdgesAt]), High(_key[span.EdgesAt]));

    /// <summary>How many events have a time up to this one, itself included.</summary>
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

    /// <summary>Moves a span's edges to where they are for a payment at that time, forwards or back.</summary>
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
    /// Puts an event in its place by time. Every span's edges must stand where they are for that time: <see cref="Move"/>.
    /// </summary>
    internal void Insert(ReadOnlySpan<long> paymentEvent)
    {
        var place = UpTo(paymentEvent[0]);
        Extend();
        for (var last = Count - 1; last > place; last--)
            this[last - 1].CopyTo(this[last]);
        paymentEvent.CopyTo(this[place]);
        foreach (var span in _layout.Spans)
        {
            if (span.Delay > 0)
                continue;
            var (left, right) = Edges(span);
            _key[span.EdgesAt] = Pack(left, right + 1);
            Apply(span, place, +1);
        }
    }

    /// <summary>Adds an event that is not before any other, without the running sums: a history read from a snapshot.</summary>
    internal Span<long> Append()
    {
        Extend();
        return this[Count - 1];
    }

    /// <summary>Takes the oldest event out.</summary>
    internal readonly void RemoveOldest()
    {
        foreach (var span in _layout.Spans)
        {
            var (left, right) = Edges(span);
            if (left == 0 && right > 0)
                Apply(span, 0, -1);
            _key[span.EdgesAt] = Pack(Math.Max(0, left - 1), Math.Max(0, right - 1));
        }
        var (head, next) = (Head, Place(1));
        if (Count == 1 || (next & (ChunkEvents - 1)) == 0)
            _slabs.Return(_chunks[head >> ChunkShift], _layout.ChunkSize);
        _key[1] = Count == 1 ? 0 : Pack(next, Count - 1);
    }

    /// <summary>Gives the ring of an empty history back.</summary>
    internal void Free()
    {
        if (RingHandle != 0)
            _slabs.Return(RingHandle, RingSize);
        _key[0] = 0;
        _chunks = default;
    }

    /// <summary>Gives an event another mark, in the sums as well.</summary>
    internal readonly void Mark(int place, long mark)
    {
        foreach (var span in _layout.Spans)
        {
            var (left, right) = Edges(span);
            if (place < left || place >= right)
                continue;
            ApplyFrauds(span, place, -1);
        }
        this[place][_layout.LabelWord] = mark;
        foreach (var span in _layout.Spans)
        {
            var (left, right) = Edges(span);
            if (place < left || place >= right)
                continue;
            ApplyFrauds(span, place, +1);
        }
    }

    readonly void ApplyFrauds(WindowSpan span, int place, int sign)
    {
        foreach (ref readonly var tally in span.Tallies.AsSpan())
        {
            if (tally.Kind == TallyKind.Frauds)
                tally.Apply(_key, this[place], sign);
        }
    }

    readonly void Apply(WindowSpan span, int place, int sign)
    {
        foreach (ref readonly var tally in span.Tallies.AsSpan())
            tally.Apply(_key, this[place], sign);
    }

    /// <summary>Where an event is, in events from the ring's begin.</summary>
    readonly int Place(int place)
    {
        var at = Head + place;
        return at >= Capacity ? at - Capacity : at;
    }

    /// <summary>Room for one more event at the end.</summary>
    void Extend()
    {
        // The end never comes round to the chunk of the oldest event, which leaves as one.
        if ((Head & (ChunkEvents - 1)) + Count >= Capacity)
            GrowRing();
        var end = Place(Count);
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
