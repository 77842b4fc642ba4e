using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// State of one partition's outbox, folded from its journal: the open alerts and their channels, the settled ones that are not in the delivery log
/// yet, and the transactions alerted lately. Deterministic: the same events give the same state. It does no I/O and reads no clock.
/// </summary>
sealed class OutboxState(int maxKnownIds)
{
    readonly SortedDictionary<long, OpenAlert> _open = [];
    readonly Queue<SettledAlert> _unlogged = new();
    readonly HashSet<UInt128> _known = [];
    readonly Queue<UInt128> _knownInOrder = new();

    /// <summary>An alert that at least one channel still has to deliver.</summary>
    public sealed record OpenAlert(long Number, Alert Alert, ImmutableArray<string> Channels, ImmutableArray<AlertsSettled> Settled);

    /// <summary>The whole state, for a snapshot.</summary>
    public sealed record State(
        ImmutableArray<OpenAlert> Open, [property: JsonPropertyName("unrecorded")] ImmutableArray<SettledAlert> Unlogged, string Known, string? Holder,
        long RecordsFrom = 0, long OpenedWith = 0);

    public IReadOnlyCollection<OpenAlert> Open => _open.Values;

    /// <summary>Settled alerts that are not in the delivery log yet, in the order in which they settled.</summary>
    public IReadOnlyCollection<SettledAlert> Unlogged => _unlogged;

    /// <summary>The host that opened the outbox last and has not closed it.</summary>
    public string? Holder { get; private set; }

    /// <summary>Number of the event with which <see cref="Holder"/> opened it: tells one opening from the next.</summary>
    public long OpenedWith { get; private set; }

    /// <inheritdoc cref="OutboxOpened" path="/param[@name='RecordsFrom']"/>
    public long RecordsFrom { get; private set; }

    /// <summary>False where an alert of the transaction was raised before.</summary>
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
                (Holder, OpenedWith, RecordsFrom) = (opened.Holder, number, opened.RecordsFrom);
                break;
            case OutboxClosed:
                Holder = null;
                break;
        }
    }

    /// <summary>The next alerts for the delivery log, about so many: those of one event stay together, since its number is the position to commit.</summary>
    public ImmutableArray<SettledAlert> FirstUnlogged(int about)
    {
        var first = ImmutableArray.CreateBuilder<SettledAlert>();
        foreach (var alert in _unlogged)
        {
            if (first.Count >= about && alert.Number != first[^1].Number)
                break;
            first.Add(alert);
        }

        return first.ToImmutable();
    }

    /// <summary>Alerts that settled up to this event are in the delivery log.</summary>
    public void MarkLogged(long upTo)
    {
        while (_unlogged.TryPeek(out var first) && first.Number <= upTo)
            _unlogged.Dequeue();
    }

    public State ToState()
    {
        var known = new byte[_knownInOrder.Count * 16];
        var at = 0;
        foreach (var hash in _knownInOrder)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(known.AsSpan(16 * at++), hash);
        return new State([.. _open.Values], [.. _unlogged], Convert.ToBase64String(known), Holder, RecordsFrom, OpenedWith);
    }

    public void Restore(State state)
    {
        foreach (var alert in state.Open)
            _open.Add(alert.Number, alert);
        foreach (var alert in state.Unlogged)
            _unlogged.Enqueue(alert);
        var known = Convert.FromBase64String(state.Known);
        for (var at = 0; at < known.Length; at += 16)
            Know(System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(known.AsSpan(at)));
        (Holder, OpenedWith, RecordsFrom) = (state.Holder, state.OpenedWith, state.RecordsFrom);
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
        _unlogged.Enqueue(new SettledAlert(number, open.Alert, open.Settled));
    }

    void Know(UInt128 hash)
    {
        if (!_known.Add(hash))
            return;
        _knownInOrder.Enqueue(hash);
        if (_knownInOrder.Count > maxKnownIds)
            _known.Remove(_knownInOrder.Dequeue());
    }

    static UInt128 Hash(Alert alert) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(alert.TransactionId)));
}

/// <summary>An alert that each of its channels has delivered or given up.</summary>
/// <param name="Number">Of the last event that settled it: the delivery log is written in this order.</param>
sealed record SettledAlert(long Number, Alert Alert, ImmutableArray<AlertsSettled> Settled);
