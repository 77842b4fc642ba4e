using System.Runtime.InteropServices;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>The event buffers of all values of one key, such as the card, shared by all windows by that key.</summary>
sealed class WindowTable
{
    readonly WindowReading _reading = new();
    readonly SlabAllocator _slabs;
    readonly KeySlots _keys;
    readonly LabelIndex? _labelIndex;
    readonly PendingLabels? _pendingLabels;
    readonly long[] _event;
    readonly long[] _emptyKey;
    byte[] _key = new byte[64];
    int _swept;

    /// <param name="layout">The layout of the key's windows.</param>
    /// <param name="pendingLabels">Labels that are not applied yet; not null if the layout counts fraud.</param>
    /// <param name="isSmall">Whether it is for a few keys.</param>
    internal WindowTable(WindowLayout layout, PendingLabels? pendingLabels, bool isSmall = false)
    {
        Layout = layout;
        _slabs = isSmall ? new SlabAllocator(SlabAllocator.SmallFirst) : new SlabAllocator();
        _pendingLabels = pendingLabels;
        _keys = new KeySlots(_slabs, layout.KeyWords);
        _labelIndex = layout.CountsFraud ? new LabelIndex() : null;
        _event = new long[layout.EventWords];
        _emptyKey = new long[layout.KeyWords];
    }

    internal WindowLayout Layout { get; }

    internal int Keys => _keys.Count;

    internal long Events { get; private set; }

    internal long Bytes => _slabs.Bytes + _keys.Bytes + (_labelIndex?.Bytes ?? 0);

    /// <summary>Events up to and including this time are visible to no window at this watermark.</summary>
    internal long Horizon(long watermark) => watermark == long.MinValue ? long.MinValue : watermark - Layout.Reach - Layout.Allowance;

    /// <summary>Computes the values of this key's windows for a row, then adds the row to its key's buffer.</summary>
    /// <param name="isKept">False for a row whose time is implausibly far ahead: it sees only itself and is not added.</param>
    internal void ComputeAndAdd(TransactionRows rows, int row, long watermark, bool isKept, Span<double> values)
    {
        var horizon = Horizon(watermark);
        if (watermark != long.MinValue)
            SweepOne(horizon);
        var key = KeyOf(rows, row);
        if (key.IsEmpty)
        {
            foreach (var window in Layout.Windows.AsSpan())
                values[window.Index] = double.NaN;
            return;
        }

        ReadEvent(rows, row, watermark);
        if (!isKept || _event[0] <= horizon)
        {
            ReadEmpty(values);
            return;
        }

        var block = BlockOf(key);
        var buffer = Open(block);
        Evict(buffer, block, horizon);
        Read(buffer, values);
        Insert(buffer, block);
    }

    /// <summary>Computes the values as <see cref="ComputeAndAdd"/> does, without adding the row.</summary>
    internal void Compute(TransactionRows rows, int row, long watermark, bool isKept, Span<double> values)
    {
        var horizon = Horizon(watermark);
        var key = KeyOf(rows, row);
        if (key.IsEmpty)
        {
            foreach (var window in Layout.Windows.AsSpan())
                values[window.Index] = double.NaN;
            return;
        }

        ReadEvent(rows, row, watermark);
        var block = isKept && _event[0] > horizon ? _keys.Find(key, StableHash.Of(key)) : 0;
        if (block == 0)
        {
            ReadEmpty(values);
            return;
        }

        var buffer = Open(block);
        Evict(buffer, block, horizon);
        Read(buffer, values);
    }

    /// <summary>Adds the row to its key's buffer, without computing values.</summary>
    internal void Add(TransactionRows rows, int row, long watermark, bool isKept)
    {
        var horizon = Horizon(watermark);
        if (watermark != long.MinValue)
            SweepOne(horizon);
        var key = KeyOf(rows, row);
        if (key.IsEmpty || !isKept || rows.EventTime(row) <= horizon)
            return;
        ReadEvent(rows, row, watermark);
        var block = BlockOf(key);
        var buffer = Open(block);
        Evict(buffer, block, horizon);
        Move(buffer);
        Insert(buffer, block);
    }

    /// <summary>Labels every event with this id; false if there is none.</summary>
    internal bool Label(ulong id, bool fraud, long knownAt)
    {
        var found = false;
        if (_labelIndex is null)
            return false;
        for (var entry = _labelIndex.First(id); entry >= 0; entry = _labelIndex.Next(entry, id))
        {
            var buffer = Open(_labelIndex.BlockAt(entry));
            for (var index = 0; index < buffer.Count; index++)
            {
                var paymentEvent = buffer[index];
                if ((ulong)paymentEvent[Layout.LabelWord - 1] != id)
                    continue;
                found = true;
                var label = PackedLabel.WithLabel(paymentEvent[Layout.LabelWord], fraud, knownAt);
                buffer.LateLabels -= LateLabel(paymentEvent);
                buffer.SetLabel(index, label);
                buffer.LateLabels += LateLabel(buffer[index]);
            }
        }
        return found;
    }

    /// <summary>Evicts every event that no window can see any more, and every key without events.</summary>
    internal void Sweep(long watermark)
    {
        if (watermark == long.MinValue)
            return;
        var horizon = Horizon(watermark);
        for (var slot = 0; slot < _keys.Length;)
            slot += EvictAt(slot, horizon) ? 0 : 1;
    }

    /// <summary>The blocks of all keys.</summary>
    internal IEnumerable<uint> Blocks => Enumerable.Range(0, _keys.Length).Select(_keys.BlockAt).Where(block => block != 0);

    internal KeyedEventBuffer Open(uint block) => new(Layout, _slabs, _keys.Words(block));

    internal ReadOnlySpan<byte> KeyOf(uint block) => _keys.KeyOf(_keys.Words(block));

    /// <summary>Adds a key of a snapshot; returns 0 if it is already there. Its events are then appended in order.</summary>
    internal uint Restore(ReadOnlySpan<byte> key)
    {
        var hash = StableHash.Of(key);
        return _keys.Find(key, hash) == 0 ? _keys.Add(key, hash) : 0;
    }

    /// <summary>Appends an event of a snapshot.</summary>
    internal void Restore(uint block, ReadOnlySpan<long> paymentEvent)
    {
        var buffer = Open(block);
        paymentEvent.CopyTo(buffer.Append());
        Events++;
        if (_labelIndex is null)
            return;
        _labelIndex.Add((ulong)paymentEvent[Layout.LabelWord - 1], block);
        buffer.LateLabels += LateLabel(paymentEvent);
    }

    /// <summary>Copies the key of a row, with its events and aggregates, from a table of the same layout; nothing where this has it, or that has not.</summary>
    internal void CopyKey(WindowTable from, TransactionRows rows, int row)
    {
        var key = KeyOf(rows, row);
        if (key.IsEmpty)
            return;
        var hash = StableHash.Of(key);
        var block = from._keys.Find(key, hash);
        if (block == 0 || _keys.Find(key, hash) != 0)
            return;
        var own = _keys.Add(key, hash);
        var source = from.Open(block);
        for (var index = 0; index < source.Count; index++)
            Restore(own, source[index]);

        // Edges count events from the oldest, and those are the same here.
        var (first, length) = (KeyedEventBuffer.HeaderWords, Layout.KeyWords - KeyedEventBuffer.HeaderWords);
        source.Key.Slice(first, length).CopyTo(Open(own).Key[first..]);
    }

    /// <summary>Evicts from one slot for each payment, so that keys without new payments are removed too.</summary>
    void SweepOne(long horizon)
    {
        if (_swept >= _keys.Length)
            _swept = 0;
        if (!EvictAt(_swept, horizon))
            _swept++;
    }

    /// <summary>Evicts from the key in a slot; true if the key was removed.</summary>
    bool EvictAt(int slot, long horizon)
    {
        var block = _keys.BlockAt(slot);
        if (block == 0)
            return false;
        var buffer = Open(block);
        Evict(buffer, block, horizon);
        if (buffer.Count > 0)
            return false;
        buffer.Free();
        _keys.RemoveAt(slot);
        return true;
    }

    void Evict(KeyedEventBuffer buffer, uint block, long horizon)
    {
        if (buffer.Count == 0 || buffer[0][0] > horizon)
            return;
        while (buffer.Count > 0 && buffer[0][0] <= horizon)
        {
            if (_labelIndex is not null)
            {
                _labelIndex.Remove((ulong)buffer[0][Layout.LabelWord - 1], block);
                buffer.LateLabels -= LateLabel(buffer[0]);
            }
            buffer.RemoveOldest();
            Events--;
        }
    }

    /// <summary>1 for an event whose label takes effect after the first window can see it, else 0.</summary>
    int LateLabel(ReadOnlySpan<long> paymentEvent) =>
        PackedLabel.ChangesAfter(paymentEvent[Layout.LabelWord], paymentEvent[0] + Layout.LeastFraudDelay) ? 1 : 0;

    ReadOnlySpan<byte> KeyOf(TransactionRows rows, int row)
    {
        if (Layout.KeyFields.Length == 1)
            return rows.Text(row, Layout.KeyFields[0]);
        // Each part is prefixed with its length, so that different keys have different bytes.
        var length = 0;
        foreach (var field in Layout.KeyFields)
        {
            var part = rows.Text(row, field);
            if (part.IsEmpty)
                return default;
            var needed = length + sizeof(int) + part.Length;
            if (needed > _key.Length)
                Array.Resize(ref _key, needed * 2);
            MemoryMarshal.Write(_key.AsSpan(length), part.Length);
            part.CopyTo(_key.AsSpan(length + sizeof(int)));
            length = needed;
        }
        return _key.AsSpan(0, length);
    }

    uint BlockOf(ReadOnlySpan<byte> key)
    {
        var hash = StableHash.Of(key);
        var block = _keys.Find(key, hash);
        return block == 0 ? _keys.Add(key, hash) : block;
    }

    void ReadEmpty(Span<double> values) => _reading.Read(Layout, new KeyedEventBuffer(Layout, _slabs, _emptyKey), _event, values);

    void Move(KeyedEventBuffer buffer)
    {
        foreach (var span in Layout.Spans)
            buffer.Move(span, _event[0]);
    }

    void Read(KeyedEventBuffer buffer, Span<double> values)
    {
        Move(buffer);
        _reading.Read(Layout, buffer, _event, values);
    }

    void Insert(KeyedEventBuffer buffer, uint block)
    {
        buffer.Insert(_event);
        Events++;
        if (_labelIndex is null)
            return;
        _labelIndex.Add((ulong)_event[Layout.LabelWord - 1], block);
        buffer.LateLabels += LateLabel(_event);
    }

    void ReadEvent(TransactionRows rows, int row, long watermark)
    {
        _event[0] = rows.EventTime(row);
        foreach (var column in Layout.Columns)
        {
            if (!column.IsText)
                _event[column.Word] = BitConverter.DoubleToInt64Bits(rows.Number(row, column.Field));
            else
                _event[column.Word] = rows.Text(row, column.Field) is { IsEmpty: false } text ? (long)StableHash.Of(text) : 0;
        }
        if (_labelIndex is null)
            return;
        var id = StableHash.Of(rows.Id(row));
        _event[Layout.LabelWord - 1] = (long)id;
        _event[Layout.LabelWord] = _pendingLabels!.LabelOf(id, rows.Label(row), watermark);
    }
}
