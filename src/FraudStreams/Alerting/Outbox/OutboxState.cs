using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// What the events of one partition's journal come to: which alerts are open and for which channels, which settled ones are not on record yet, and
/// which transactions were alerted lately. Replayed from the same events it is the same; it sends nothing and knows no clock.
/// </summary>
sealed class OutboxState(int remember)
{
    readonly SortedDictionary<long, OpenAlert> _open = [];
    readonly Queue<SettledAlert> _unrecorded = new();
    readonly HashSet<UInt128> _known = [];
    readonly Queue<UInt128> _knownInOrder = new();

    /// <summary>An alert that at least one channel has still to deliver.</summary>
    public sealed record OpenAlert(long Number, Alert Alert, ImmutableArray<string> Channels, ImmutableArray<AlertsSettled> Settled);

    /// <summary>Everything, for a snapshot.</summary>
    public sealed record State(ImmutableArray<OpenAlert> Open, ImmutableArray<SettledAlert> Unrecorded, string Known, string? Holder, long RecordsFrom = 0);

    public IReadOnlyCollection<OpenAlert> Open => _open.Values;

    /// <summary>Settled alerts in the order in which they settled, each to be put on record.</summary>
    public IReadOnlyCollection<SettledAlert> Unrecorded => _unrecorded;

    /// <summary>The host that opened the desk last, while it has not closed it.</summary>
    public string? Holder { get; private set; }

    /// <inheritdoc cref="OutboxOpened" path="/param[@name='RecordsFrom']"/>
    public long RecordsFrom { get; private set; }

    /// <summary>False where the transaction has been raised before.</summary>
    public bool IsNew(Alert alert) => !_known.Contains(Hash(alert));

    public void Apply(OutboxEvent @event, long number)
    {
        switch (@event)
        {
            case AlertRaised raised:
                Know(Hash(raised.Alert));
                _open[number] = new OpenAlert(number, raised.Alert, raised.Channels, []);
                break;
            case AlertsSettled settled:
                Settle(settled, number);
                break;
            case SettlementsNoted noted:
                foreach (var settled in noted.Settlements)
                    Settle(settled, number);
                break;
            case OutboxOpened opened:
                (Holder, RecordsFrom) = (opened.Holder, opened.RecordsFrom);
                break;
            case OutboxClosed:
                Holder = null;
                break;
        }
    }

    /// <summary>The first that are to be put on record, about so many: those of one event are never parted, because its number becomes the position.</summary>
    public ImmutableArray<SettledAlert> FirstUnrecorded(int about)
    {
        var first = ImmutableArray.CreateBuilder<SettledAlert>();
        foreach (var record in _unrecorded)
        {
            if (first.Count >= about && record.Number != first[^1].Number)
                break;
            first.Add(record);
        }

        return first.ToImmutable();
    }

    /// <summary>What settled up to this event is on record.</summary>
    public void Recorded(long upTo)
    {
        while (_unrecorded.TryPeek(out var first) && first.Number <= upTo)
            _unrecorded.Dequeue();
    }

    public State ToState()
    {
        var known = new byte[_knownInOrder.Count * 16];
        var at = 0;
        foreach (var hash in _knownInOrder)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(known.AsSpan(16 * at++), hash);
        return new State([.. _open.Values], [.. _unrecorded], Convert.ToBase64String(known), Holder, RecordsFrom);
    }

    public void Restore(State state)
    {
        foreach (var alert in state.Open)
            _open.Add(alert.Number, alert);
        foreach (var record in state.Unrecorded)
            _unrecorded.Enqueue(record);
        var known = Convert.FromBase64String(state.Known);
        for (var at = 0; at < known.Length; at += 16)
            Know(System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(known.AsSpan(at)));
        (Holder, RecordsFrom) = (state.Holder, state.RecordsFrom);
    }

    void Settle(AlertsSettled settled, long number)
    {
        foreach (var alert in settled.Alerts)
            Settle(alert, settled with { Alerts = [] }, number);
    }

    void Settle(long alert, AlertsSettled settled, long number)
    {
        if (!_open.TryGetValue(alert, out var open))
            return;
        open = open with { Settled = open.Settled.Add(settled) };
        _open[alert] = open;
        if (open.Channels.Any(channel => open.Settled.All(done => done.Channel != channel)))
            return;
        _open.Remove(alert);
        _unrecorded.Enqueue(new SettledAlert(number, open.Alert, open.Settled));
    }

    void Know(UInt128 hash)
    {
        if (!_known.Add(hash))
            return;
        _knownInOrder.Enqueue(hash);
        if (_knownInOrder.Count > remember)
            _known.Remove(_knownInOrder.Dequeue());
    }

    static UInt128 Hash(Alert alert) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(alert.TransactionId)));
}

/// <summary>An alert that every channel is done with.</summary>
/// <param name="Number">Of the event that settled it last: records are written in this order.</param>
sealed record SettledAlert(long Number, Alert Alert, ImmutableArray<AlertsSettled> Settled);
