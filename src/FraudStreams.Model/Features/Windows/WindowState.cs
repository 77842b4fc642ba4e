using System.Collections.Immutable;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// The memory behind a schema's <see cref="WindowFeature"/>s: for each key the payments that some window may still see. One state stands
/// for one sequence of payments, the records of a partition or the rows of a history, and every value it gives is a function of that
/// sequence alone: of the definitions, and of which payments came before. Training, stream and replay use it alike. Not thread-safe; it
/// has one owner.
/// </summary>
/// <remarks>
/// <para>Order. A payment sees the payments of its key that came before it and whose event time is in the window, whatever order they came
/// in. A late payment is computed with what had come before it; the payments after it then see it in its place.</para>
/// <para>What is forgotten. The partition's clock is the largest median that 63 payments in a row have had, so wrong times move it only
/// when they are the majority. For the windows by a key, payments at or before clock − (longest window + delay) − 1 day do not exist: no
/// payment less than a day behind the clock can tell. A payment that is itself so late, or more than ten years ahead of the clock, sees
/// nothing but itself and is not kept. When memory is really given back has no influence on any value.</para>
/// <para>Labels of topic `labels` count for payments with an event time of at least when they were known, in the order of that, whatever order they
/// come in, before or after their payments: <see cref="Label"/>.</para>
/// <para>Exactness. Sums are kept in fixed point (<see cref="WindowKind"/> says how fine), so a state read from a snapshot, or made anew
/// from a later start of the same log that covers the longest window and a day, goes on with the same bits. Text is compared by
/// 64 bits of hash, keys by all their bytes.</para>
/// </remarks>
public sealed class WindowState
{
    const long MostAhead = 3650L * 24 * 60 * 60 * 1000;

    /// <summary>A payment so far ahead of the front of those before it has a wrong clock: labels are not due for it.</summary>
    const long MostAheadOfFront = 30L * 24 * 60 * 60 * 1000;

    readonly WindowTable[] _tables;
    readonly PendingLabels? _labels;
    Watermark _clock = new();

    /// <summary>The state before the first payment.</summary>
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
        _labels = counting.Count == 0 ? null : new PendingLabels(counting.Max(layout => layout.Reach + layout.Allowance));
        _tables = [.. layouts.Select(layout => new WindowTable(layout, _labels))];
    }

    public TransactionSchema Schema { get; }

    public WindowScope Scope { get; }

    /// <summary>Payments held, once for every different key that the schema has windows by.</summary>
    public long Events => _tables.Sum(table => table.Events);

    /// <summary>Keys held, of all kinds.</summary>
    public long Keys => _tables.Sum(table => (long)table.Keys);

    /// <summary>Bytes of the arrays that hold all this, with the room in them that is free.</summary>
    public long MemoryBytes => _tables.Sum(table => table.Bytes) + (_labels?.Bytes ?? 0);

    /// <summary>Whether labels of payments count in some window.</summary>
    public bool CountsLabels => _labels is not null;

    /// <summary>
    /// Computes the window values of the rows that have none yet, in their order, each from what came before it, and takes each in.
    /// <see cref="TransactionRows.WindowValue"/> and <see cref="FeaturePlan.Compute"/> then have them. Allocates nothing but where it holds
    /// more than it ever did.
    /// </summary>
    /// <exception cref="ArgumentException">The rows are of another schema.</exception>
    public void Advance(TransactionRows rows) => Advance(rows, rows.Count);

    /// <summary>The same up to, not including, a row.</summary>
    /// <exception cref="ArgumentException">The rows are of another schema.</exception>
    public void Advance(TransactionRows rows, int end)
    {
        Check(rows);
        if (_tables.Length > 0)
        {
            rows.MakeRoomForWindows();
            for (var row = rows.Advanced; row < end; row++)
            {
                _labels?.Apply(MomentOf(rows.EventTime(row)), _tables, _clock.Now);
                _clock.Take(rows.EventTime(row));
                foreach (var table in _tables)
                    table.Take(rows, row, _clock.Now, IsPlausible(rows.EventTime(row)), rows.WindowValues(row));
            }
        }
        rows.MarkAdvanced(end);
    }

    /// <summary>
    /// Computes the window values of a row that has none yet from what was taken in so far, and does not take it in: it comes, or came, by
    /// <see cref="Remember"/>. The rows are advanced by the state of the other scope.
    /// </summary>
    /// <param name="moment">Until when labels are known: the row's event time, or less where that is a wrong clock's.</param>
    /// <exception cref="ArgumentException">The rows are of another schema.</exception>
    public void LookUp(TransactionRows rows, int row, long moment)
    {
        Check(rows);
        rows.MakeRoomForWindows();
        _labels?.Apply(moment, _tables, _clock.Now);
        foreach (var table in _tables)
            table.Look(rows, row, _clock.Now, IsPlausible(rows.EventTime(row)), rows.WindowValues(row));
    }

    /// <summary>Takes rows in, in their order, and computes nothing of them.</summary>
    /// <exception cref="ArgumentException">The rows are of another schema.</exception>
    public void Remember(TransactionRows rows)
    {
        Check(rows);
        for (var row = 0; row < rows.Count; row++)
        {
            _clock.Take(rows.EventTime(row));
            foreach (var table in _tables)
                table.Keep(rows, row, _clock.Now, IsPlausible(rows.EventTime(row)));
        }
    }

    /// <summary>
    /// Takes a label from topic `labels` in: payments with an event time of at least <paramref name="knownAt"/> count it. It takes the
    /// place of the payment's own label, and of a label known before it, or given before it where both became known at once. Until that
    /// time, and until its payment comes, it waits here; at most until it was known so long ago that no window could see the payment.
    /// </summary>
    /// <param name="transactionId">The payment's id, as its record has it.</param>
    /// <param name="fraud">Whether it was fraud.</param>
    /// <param name="knownAt">When that became known, in unix milliseconds.</param>
    public void Label(ReadOnlySpan<byte> transactionId, bool fraud, long knownAt) => _labels?.Add(StableHash.Of(transactionId), fraud, knownAt);

    /// <summary>
    /// Whether more labels of the topic are to be taken in before a payment of that moment is computed, if there are more: as long as the
    /// labels' own <see cref="Watermark"/> has not passed it, nor any moment before. So how far they are read follows from the payments
    /// and the topic alone.
    /// </summary>
    public bool NeedsLabels(long moment) => _labels?.IsBehind(moment) == true;

    /// <summary>Until when labels are known to the payment that <see cref="Advance(TransactionRows)"/> takes in next, given its event time.</summary>
    public long MomentOf(long eventTime) =>
        _clock.Front == long.MinValue ? eventTime : Math.Min(eventTime, _clock.Front + MostAheadOfFront);

    /// <summary>
    /// Writes all that the state holds, exactly, with keys such as card numbers in plain text: the file is as secret as the topic.
    /// </summary>
    /// <param name="position">The caller's word for the records that the state stands for; <see cref="Read"/> gives it back.</param>
    public void Write(Stream into, ReadOnlySpan<byte> position)
    {
        foreach (var table in _tables)
            table.Sweep(_clock.Now);
        _labels?.Sweep(_clock.Now);
        WindowSnapshot.Write(into, Schema, Scope, position, _clock, _labels, _tables);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="position">What the writer said that the state stands for.</param>
    /// <exception cref="WindowSnapshotException">The snapshot is damaged, of another version, or of other windows than the
    /// schema's.</exception>
    public static WindowState Read(Stream from, TransactionSchema schema, out byte[] position, WindowScope scope = WindowScope.All)
    {
        var state = new WindowState(schema, scope);
        state._clock = WindowSnapshot.Read(from, schema, scope, state._labels, state._tables, out position);
        return state;
    }

    bool IsPlausible(long time) => _clock.Now == long.MinValue || time <= _clock.Now + MostAhead;

    void Check(TransactionRows rows)
    {
        if (!ReferenceEquals(rows.Schema, Schema) && rows.Schema != Schema)
            throw new ArgumentException($"The rows are of schema {rows.Schema.Name} ({rows.Schema.Id}), not {Schema.Name} ({Schema.Id}).");
    }
}
