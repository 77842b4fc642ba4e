using System.Collections.Immutable;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Batches settlements for the journal: one event is written at a time, and what settles meanwhile goes into the next one together. Keeps the order of
/// <see cref="Add"/>; writes nothing itself.
/// </summary>
sealed class SettlementBatcher
{
    readonly List<(AlertsSettled Settled, AlertMessage? Message)> _pending = [];

    /// <summary>An event that <see cref="TryTake"/> gave out is not persisted yet.</summary>
    public bool IsPersisting { get; private set; }

    /// <param name="message">The message that holds a slot until the settlement is persisted; null where none was sent.</param>
    public void Add(AlertsSettled settled, AlertMessage? message) => _pending.Add((settled, message));

    /// <summary>All pending settlements, to be persisted in one event; false while one is being written, and where none is pending.</summary>
    public bool TryTake(out ImmutableArray<(AlertsSettled Settled, AlertMessage? Message)> batch)
    {
        batch = IsPersisting ? [] : [.. _pending];
        if (batch.IsEmpty)
            return false;
        _pending.Clear();
        IsPersisting = true;
        return true;
    }

    /// <summary>The event of the last batch is in the journal.</summary>
    public void Persisted() => IsPersisting = false;
}
