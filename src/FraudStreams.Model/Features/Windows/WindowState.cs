using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// The state of a schema's <see cref="WindowFeature"/>s: for each key, the payments that a window can still see. A state belongs to one sequence
/// of payments (the records of a partition or the rows of a history), and its values depend only on the definitions, that sequence and the
/// labels. Training, stream and replay use the same code. Not thread-safe: it has one owner.
/// </summary>
/// <remarks>
/// <para>Order. A payment sees the payments of its key that arrived before it and whose event time is in the window, whatever order they
/// arrived in. A late payment sees what had arrived before it; later arrivals see it at its event time.</para>
/// <para>Eviction. The <see cref="Watermark"/> is the largest median of 63 consecutive payments, so wrong times move it only if they are the
/// majority. For the windows by a key, payments at or before watermark − (longest window + delay) − allowed lateness are gone; the allowed
/// lateness is 1 day, or 31 days for <see cref="WindowScope.OfOthers"/>, so this changes no value of a payment that is less late. A payment
/// that is itself that late, or more than ten years ahead of the watermark, sees only itself and is not kept. When memory is reclaimed has
/// no influence on any value.</para>
/// <para>Labels of topic `labels` count for payments whose event time is at or after the time the label became known, whatever order labels and
/// payments arrive in: <see cref="Label"/>.</para>
/// <para>Exactness. Sums are fixed point (<see cref="WindowKind"/> gives the resolution), so that a state restored from a snapshot, or rebuilt
/// from a later start of the same log that covers the longest window and a day, continues with the same bits. Texts are compared by
/// 64-bit hash, keys by all their bytes.</para>
/// </remarks>
public sealed class WindowState
{
    const long MostAhead = 3650L * 24 * 60 * 60 * 1000;

    /// <summary>A payment further ahead of the watermark's front than this has a wrong clock and makes no labels due. Milliseconds.</summary>
    const long MostAheadOfFront = 30L * 24 * 60 * 60 * 1000;

    readonly WindowTable[] _tables;
    readonly PendingLabels? _pendingLabels;
    Watermark _watermark = new();

    /// <summary>An empty state, before the first payment.</summary>
    /// <param name="schema">The schema of the rows.</param>
    /// <param name="scope">Which of the schema's windows it keeps.</param>
    public WindowState(TransactionSchema schema, WindowScope scope = WindowScope.All)
    {
        Schema = schema;
        Scope = scope;
        var keys = new List<ImmutableArray<string>>();
        foreach (var window in schema.WindowFeatures)
        {
            if (scope != WindowScope.All && schema.IsOfCard(window) != (scope == WindowScope.OfCard))
                continue;
            if (!keys.Exists(by => by.SequenceEqual(window.By)))
                keys.Add(window.By);
        }
        var layouts = keys.ConvertAll(by => new WindowLayout(schema, by, scope));
        var counting = layouts.FindAll(layout => layout.CountsFraud);
        _pendingLabels = counting.Count == 0 ? null : new PendingLabels(counting.Max(layout => layout.Reach + layout.Allowance));
        _tables = [.. layouts.Select(layout => new WindowTable(layout, _pendingLabels))];
    }

    WindowState(WindowState of, TransactionRows rows)
    {
        (Schema, Scope, _watermark) = (of.Schema, of.Scope, of._watermark.Copy());
        if (of._pendingLabels is not null)
        {
            var (ids, latest) = (new HashSet<ulong>(), long.MinValue);
            for (var row = 0; row < rows.Count; row++)
            {
                ids.Add(StableHash.Of(rows.Id(row)));
                latest = Math.Max(latest, rows.EventTime(row));
            }
            _pendingLabels = of._pendingLabels.CopyFor(ids, latest);
        }
        _tables = [.. of._tables.Select(table => new WindowTable(table.Layout, _pendingLabels, isSmall: true))];
        for (var row = 0; row < rows.Count; row++)
        {
            for (var table = 0; table < _tables.Length; table++)
                _tables[table].CopyKey(of._tables[table], rows, row);
        }
    }

    /// <summary>The schema of the rows.</summary>
    public TransactionSchema Schema { get; }

    /// <summary>Which of the schema's windows it keeps.</summary>
    public WindowScope Scope { get; }

    /// <summary>Number of payments held, counted once for each combination of key fields that the schema has windows by.</summary>
    public long Events => _tables.Sum(table => table.Events);

    /// <summary>Number of keys held, over all combinations of key fields.</summary>
    public long Keys => _tables.Sum(table => (long)table.Keys);

    /// <summary>Bytes of the arrays of the state, including free space in them.</summary>
    public long MemoryBytes => _tables.Sum(table => table.Bytes) + (_pendingLabels?.Bytes ?? 0);

    /// <summary>Whether a window uses labels (<see cref="WindowKind.FraudShare"/>).</summary>
    public bool CountsLabels => _pendingLabels is not null;

    /// <summary>
    /// Computes the window values of the rows that have none yet, in order, each from the payments before it, and adds each row to the state.
    /// <see cref="TransactionRows.WindowValue"/> and <see cref="FeaturePlan.Compute"/> then use the values. Allocates only when the state
    /// outgrows its largest size so far.
    /// </summary>
    /// <param name="rows">The next rows of the sequence.</param>
    /// <exception cref="ArgumentException">The rows have another schema.</exception>
    public void Advance(TransactionRows rows) => Advance(rows, rows.Count);

    /// <summary>Advances by the rows before <paramref name="end"/> only.</summary>
    /// <param name="rows">The next rows of the sequence.</param>
    /// <param name="end">Index of the first row that is left out, at most the number of rows.</param>
    /// <exception cref="ArgumentException">The rows have another schema.</exception>
    public void Advance(TransactionRows rows, int end)
    {
        Check(rows);
        if (_tables.Length > 0)
        {
            rows.MakeRoomForWindows();
            for (var row = rows.Advanced; row < end; row++)
            {
                _pendingLabels?.Apply(MomentOf(rows.EventTime(row)), _tables, _watermark.Now);
                _watermark.Take(rows.EventTime(row));
                foreach (var table in _tables)
                    table.ComputeAndAdd(rows, row, _watermark.Now, IsPlausible(rows.EventTime(row)), rows.WindowValues(row));
            }
        }
        rows.MarkAdvanced(end);
    }

    /// <summary>
    /// Computes the window values of a row from the current state and does not add the row, which is added by <see cref="Remember"/>. The state of
    /// the other scope advances the rows.
    /// </summary>
    /// <param name="rows">The batch.</param>
    /// <param name="row">Index of a row without window values.</param>
    /// <param name="moment">Labels known up to this time count, in Unix milliseconds: the row's event time, or earlier if that comes from a wrong
    /// clock (<see cref="MomentOf"/>).</param>
    /// <exception cref="ArgumentException">The rows have another schema.</exception>
    public void LookUp(TransactionRows rows, int row, long moment)
    {
        Check(rows);
        rows.MakeRoomForWindows();
        _pendingLabels?.Apply(moment, _tables, _watermark.Now);
        foreach (var table in _tables)
            table.Compute(rows, row, _watermark.Now, IsPlausible(rows.EventTime(row)), rows.WindowValues(row));
    }

    /// <summary>
    /// A state of its own with what is held of the keys of these rows. Advanced by them, or asked to look one up, it gives the values that this state
    /// would give, bit for bit; this state is not changed. Takes time and memory in proportion to the payments held of those keys.
    /// </summary>
    /// <param name="rows">The rows that the copy is for.</param>
    /// <exception cref="ArgumentException">The rows have another schema.</exception>
    public WindowState CopyFor(TransactionRows rows)
    {
        Check(rows);
        return new WindowState(this, rows);
    }

    /// <summary>Adds rows to the state, in order, without computing their window values.</summary>
    /// <param name="rows">The next rows of the sequence.</param>
    /// <exception cref="ArgumentException">The rows have another schema.</exception>
    public void Remember(TransactionRows rows)
    {
        Check(rows);
        for (var row = 0; row < rows.Count; row++)
        {
            _watermark.Take(rows.EventTime(row));
            foreach (var table in _tables)
                table.Add(rows, row, _watermark.Now, IsPlausible(rows.EventTime(row)));
        }
    }

    /// <summary>
    /// Adds a label from topic `labels`. Payments with an event time of at least <paramref name="knownAt"/> see it. It replaces the label in the
    /// payment itself, and any label known earlier, or at the same time and given before. It is pending until the payments reach that time
    /// and its own payment arrives, and is dropped once no window could see the payment any more.
    /// </summary>
    /// <param name="transactionId">The payment's id, in the UTF-8 bytes of its record.</param>
    /// <param name="fraud">Whether it was fraud.</param>
    /// <param name="knownAt">When the label became known, in Unix milliseconds.</param>
    public void Label(ReadOnlySpan<byte> transactionId, bool fraud, long knownAt) => _pendingLabels?.Add(StableHash.Of(transactionId), fraud, knownAt);

    /// <summary>
    /// Whether more labels of the topic, if there are any, must be added before a payment of this time is computed: true until the labels' own
    /// <see cref="Watermark"/> has passed this and every earlier time. How far labels are read so depends only on the payments and the topic.
    /// </summary>
    /// <param name="moment">The payment's <see cref="MomentOf"/>, in Unix milliseconds.</param>
    public bool NeedsLabels(long moment) => _pendingLabels?.IsBehind(moment) == true;

    /// <summary>
    /// The time up to which labels count for the payment that <see cref="Advance(TransactionRows)"/> adds next, in Unix milliseconds: its event time,
    /// but at most 30 days after <see cref="Watermark.Front"/>.
    /// </summary>
    /// <param name="eventTime">The payment's event time, in Unix milliseconds.</param>
    public long MomentOf(long eventTime) =>
        _watermark.Front == long.MinValue ? eventTime : Math.Min(eventTime, _watermark.Front + MostAheadOfFront);

    /// <summary>
    /// Writes a snapshot of the state. It contains keys such as card numbers in plain text, so it is as secret as the topic.
    /// </summary>
    /// <param name="into">Receives the snapshot; not closed.</param>
    /// <param name="position">The caller's own description of the records that the state covers, such as an offset; at most 1 MiB. <see cref="Read"/>
    /// returns it.</param>
    /// <param name="without">Cards, such as an erased one: keys of them are left out; null: none.</param>
    /// <returns>How many keys were left out.</returns>
    /// <exception cref="ArgumentException">The position is too long.</exception>
    public int Write(Stream into, ReadOnlySpan<byte> position, IReadOnlyCollection<byte[]>? without = null)
    {
        foreach (var table in _tables)
            table.Sweep(_watermark.Now);
        _pendingLabels?.Sweep(_watermark.Now);
        return WindowSnapshot.Write(into, Schema, Scope, position, _watermark, _pendingLabels, _tables, without ?? []);
    }

    /// <summary>Restores a state from a snapshot. It continues with the same bits as the one that was written.</summary>
    /// <param name="from">What <see cref="Write"/> wrote; not closed.</param>
    /// <param name="schema">The schema; its window definitions must be those of the snapshot.</param>
    /// <param name="position">The position that was given to <see cref="Write"/>.</param>
    /// <param name="scope">The scope; must be that of the snapshot.</param>
    /// <param name="cards">Gives a card of the snapshot the token that it has now; null: cards stay as they are.</param>
    /// <exception cref="WindowSnapshotException">The snapshot is damaged, has another format version, other windows than the schema, or a card under two tokens.</exception>
    public static WindowState Read(Stream from, TransactionSchema schema, out byte[] position, WindowScope scope = WindowScope.All, CardTokens? cards = null)
    {
        var state = new WindowState(schema, scope);
        state._watermark = WindowSnapshot.Read(from, schema, scope, state._pendingLabels, state._tables, cards, out position);
        return state;
    }

    bool IsPlausible(long time) => _watermark.Now == long.MinValue || time <= _watermark.Now + MostAhead;

    void Check(TransactionRows rows)
    {
        if (!ReferenceEquals(rows.Schema, Schema) && rows.Schema != Schema)
            throw new ArgumentException($"The rows are of schema {rows.Schema.Name} ({rows.Schema.Id}), not {Schema.Name} ({Schema.Id}).");
    }
}
