using System.Collections.Immutable;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// When an outbox's next snapshot is due, and up to which event the journal may be deleted. Recovery needs only the last snapshot; events are kept
/// for the configured time, for inspection.
/// </summary>
sealed class SnapshotRetention(TimeSpan keep)
{
    const int SnapshotEvery = 1000;

    int _eventsSince;

    /// <summary>A snapshot as of an event, and when it was taken: events up to it may be deleted once it is old enough.</summary>
    public sealed record Entry(long Number, DateTimeOffset At);

    public ImmutableArray<Entry> All { get; private set; } = [];

    /// <summary>Counts one more event; whether a snapshot is due by their number. With many open alerts a snapshot is large, and is taken less often.</summary>
    public bool IsDueAfterEvent(int open) => ++_eventsSince >= Math.Max(SnapshotEvery, open);

    /// <summary>There are events since the last snapshot, which is too old for the journal to be deleted any further, or there is no snapshot yet.</summary>
    public bool IsDueByAge(DateTimeOffset now) => _eventsSince > 0 && (All.IsEmpty || All[^1].At < now - keep);

    public void Add(long number, DateTimeOffset now)
    {
        _eventsSince = 0;
        All = All.Add(new Entry(number, now));
    }

    public void Restore(ImmutableArray<Entry> snapshots) => All = snapshots;

    /// <summary>Once a snapshot is saved: the last event that may be deleted, or null for none.</summary>
    public long? TakeExpired(long saved, DateTimeOffset now)
    {
        var expired = All.Where(snapshot => snapshot.At < now - keep && snapshot.Number <= saved).ToArray();
        All = All.RemoveRange(expired);
        return expired.Length == 0 ? null : expired[^1].Number;
    }
}
