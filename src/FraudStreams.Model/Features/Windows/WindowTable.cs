using System.Runtime.InteropServices;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>The histories of one key, such as the card, for all windows by it.</summary>
sealed class WindowTable
{
    readonly WindowReading _reading = new();
    readonly SlabAllocator _slabs = new();
    readonly KeySlots _keys;
    readonly LabelIndex? _labels;
    readonly PendingLabels? _book;
    readonly long[] _event;
    readonly long[] _nobody;
    byte[] _key = new byte[64];
    int _swept;

    /// <param name="layout">The windows of the key.</param>
    /// <param name="book">Labels that wait for payments; not null where the layout counts fraud.</param>
    internal WindowTable(WindowLayout layout, PendingLabels? book)
    {
        Layout = layout;
        _book = book;
        _keys = new KeySlots(_slabs, layout.KeyWords);
        _labels = layout.CountsFraud ? new LabelIndex() : null;
        _event = new long[layout.EventWords];
        _nobody = new long[layout.KeyWords];
    }

    internal WindowLayout Layout { get; }

    internal int Keys => _keys.Count;

    internal long Events { get; private set; }

    internal long Bytes => _slabs.Bytes + _keys.Bytes + (_labels?.Bytes ?? 0);

    /// <summary>Events up to this time are there for no window, given where the partition's clock stands.</summary>
    internal long Horizon(long clock) => clock == long.MinValue ? long.MinValue : clock - Layout.Reach - Layout.Allowance;

    /// <summary>Computes the values of this key's windows for a row, then takes the row into its key's history.</summary>
    /// <param name="isKept">False for a row whose time is so far ahead that it must be wrong: it sees itself only and is forgotten.</param>
    internal void Take(TransactionRows rows, int row, long clock, bool isKept, Span<double> values)
    {
        var horizon = Horizon(clock);
        if (clock != long.MinValue)
            SweepOne(horizon);
        var key = KeyOf(rows, row);
        if (key.IsEmpty)
        {
            foreach (var window in Layout.Windows.AsSpan())
                values[window.Index] = double.NaN;
            return;
        }

        ReadEvent(rows, row, clock);
        if (!isKept || _event[0] <= horizon)
        {
            ReadNothing(values);
            return;
        }

        var block = BlockOf(key);
        var history = Open(block);
        Evict(history, block, horizon);
        Read(history, values);
        Insert(history, block);
    }

    /// <summary>Computes the values as <see cref="Take"/> does, and takes nothing in.</summary>
    internal void Look(TransactionRows rows, int row, long clock, bool isKept, Span<double> values)
    {
        var horizon = Horizon(clock);
        var key = KeyOf(rows, row);
        if (key.IsEmpty)
        {
            foreach (var window in Layout.Windows.AsSpan())
                values[window.Index] = double.NaN;
            return;
        }

        ReadEvent(rows, row, clock);
        var block = isKept && _event[0] > horizon ? _keys.Find(key, StableHash.Of(key)) : 0;
        if (block == 0)
        {
            ReadNothing(values);
            return;
        }

        var history = Open(block);
        Evict(history, block, horizon);
        Read(history, values);
    }

    /// <summary>Takes the row into its key's history, and computes nothing.</summary>
    internal void Keep(TransactionRows rows, int row, long clock, bool isKept)
    {
        var horizon = Horizon(clock);
        if (clock != long.MinValue)
            SweepOne(horizon);
        var key = KeyOf(rows, row);
        if (key.IsEmpty || !isKept || rows.EventTime(row) <= horizon)
            return;
        ReadEvent(rows, row, clock);
        var block = BlockOf(key);
        var history = Open(block);
        Evict(history, block, horizon);
        Move(history);
        Insert(history, block);
    }

    /// <summary>Marks every event with that id; whether there is one.</summary>
    internal bool Label(ulong id, bool fraud, long knownAt)
    {
        var found = false;
        if (_labels is null)
            return false;
        for (var entry = _labels.First(id); entry >= 0; entry = _labels.Next(entry, id))
        {
            var history = Open(_labels.BlockAt(entry));
            for (var place = 0; place < history.Count; place++)
            {
                var paymentEvent = history[place];
                if ((ulong)paymentEvent[Layout.LabelWord - 1] != id)
                    continue;
                found = true;
                var mark = PackedLabel.WithLabel(paymentEvent[Layout.LabelWord], fraud, knownAt);
                history.LateLabels -= LateLabel(paymentEvent);
                history.Mark(place, mark);
                history.LateLabels += LateLabel(history[place]);
            }
        }
        return found;
    }

    /// <summary>Takes out every event that is there for no window any more, and every key without one.</summary>
    internal void Sweep(long clock)
    {
        if (clock == long.MinValue)
            return;
        var horizon = Horizon(clock);
        for (var slot = 0; slot < _keys.Length;)
            slot += EvictAt(slot, horizon) ? 0 : 1;
    }

    /// <summary>The blocks of all keys.</summary>
    internal IEnumerable<uint> Blocks => Enumerable.Range(0, _keys.Length).Select(_keys.BlockAt).Where(block => block != 0);

    internal KeyedEventBuffer Open(uint block) => new(Layout, _slabs, _keys.Words(block));

    internal ReadOnlySpan<byte> KeyOf(uint block) => _keys.KeyOf(_keys.Words(block));

    /// <summary>A key as a snapshot has it; its events are then appended in their order.</summary>
    internal uint Restore(ReadOnlySpan<byte> key)
    {
        var hash = StableHash.Of(key);
        return _keys.Find(key, hash) == 0 ? _keys.Add(key, hash) : 0;
    }

    /// <summary>Adds an event that a snapshot has.</summary>
    internal void Restore(uint block, ReadOnlySpan<long> paymentEvent)
    {
        var history = Open(block);
        paymentEvent.CopyTo(history.Append());
        Events++;
        if (_labels is null)
            return;
        _labels.Add((ulong)paymentEvent[Layout.LabelWord - 1], block);
        history.LateLabels += LateLabel(paymentEvent);
    }

    /// <summary>Looks at one slot a payment, so that keys that are not seen again leave as well.</summary>
    void SweepOne(long horizon)
    {
        if (_swept >= _keys.Length)
            _swept = 0;
        if (!EvictAt(_swept, horizon))
            _swept++;
    }

    /// <summary>Evicts from the key in a slot; true when the key has left.</summary>
    bool EvictAt(int slot, long horizon)
    {
        var block = _keys.BlockAt(slot);
        if (block == 0)
            return false;
        var history = Open(block);
        Evict(history, block, horizon);
        if (history.Count > 0)
            return false;
        history.Free();
        _keys.RemoveAt(slot);
        return true;
    }

    void Evict(KeyedEventBuffer history, uint block, long horizon)
    {
        if (history.Count == 0 || history[0][0] > horizon)
            return;
        while (history.Count > 0 && history[0][0] <= horizon)
        {
            if (_labels is not null)
            {
                _labels.Remove((ulong)history[0][Layout.LabelWord - 1], block);
                history.LateLabels -= LateLabel(history[0]);
            }
            history.RemoveOldest();
            Events--;
        }
    }

    /// <summary>1 for an event whose label came later than the first window that could see it.</summary>
    int LateLabel(ReadOnlySpan<long> paymentEvent) =>
        PackedLabel.ChangesAfter(paymentEvent[Layout.LabelWord], paymentEvent[0] + Layout.LeastFraudDelay) ? 1 : 0;

    ReadOnlySpan<byte> KeyOf(TransactionRows rows, int row)
    {
        if (Layout.KeyFields.Length == 1)
            return rows.Text(row, Layout.KeyFields[0]);
        // Each part but the last stands behind its length, so that no two keys are the same bytes.
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

    void ReadNothing(Span<double> values) => _reading.Read(Layout, new KeyedEventBuffer(Layout, _slabs, _nobody), _event, values);

    void Move(KeyedEventBuffer history)
    {
        foreach (var span in Layout.Spans)
            history.Move(span, _event[0]);
    }

    void Read(KeyedEventBuffer history, Span<double> values)
    {
        Move(history);
        _reading.Read(Layout, history, _event, values);
    }

    void Insert(KeyedEventBuffer history, uint block)
    {
        history.Insert(_event);
        Events++;
        if (_labels is null)
            return;
        _labels.Add((ulong)_event[Layout.LabelWord - 1], block);
        history.LateLabels += LateLabel(_event);
    }

    void ReadEvent(TransactionRows rows, int row, long clock)
    {
        _event[0] = rows.EventTime(row);
        foreach (var column in Layout.Columns)
        {
            if (!column.IsText)
                _event[column.Word] = BitConverter.DoubleToInt64Bits(rows.Number(row, column.Field));
            else
                _event[column.Word] = rows.Text(row, column.Field) is { IsEmpty: false } text ? (long)StableHash.Of(text) : 0;
        }
        if (_labels is null)
            return;
        var id = StableHash.Of(rows.Id(row));
        _event[Layout.LabelWord - 1] = (long)id;
        _event[Layout.LabelWord] = _book!.MarkOf(id, rows.Label(row), clock);
    }
}
