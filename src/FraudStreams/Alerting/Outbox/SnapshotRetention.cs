using System.Collections.Immutable;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// The snapshots of a desk's journal: when the next one is due, and up to which event the journal may be cleaned. The last snapshot is enough to
/// begin from; events stay for as long as the settings say, for people to look into.
/// </summary>
sealed class SnapshotRetention(TimeSpan keep)
{
    const int SnapshotEvery = 1000;

    int _eventsSince;

    /// <summary>The state as of an event, and when: events up to it may go once it is old enough.</summary>
    public sealed record Mark(long Number, DateTimeOffset At);

    public ImmutableArray<Mark> All { get; private set; } = [];

    /// <summary>Takes note of one more event in the journal; whether a snapshot is due by their number. With much open it is large, and comes less often.</summary>
    public bool IsDueAfterEvent(int open) => ++_eventsSince >= Math.Max(SnapshotEvery, open);

    /// <summary>Something happened since the last one, which is so old that it would keep the journal from being cleaned, or there is none yet.</summary>
    public bool IsDueByAge(DateTimeOffset now) => _eventsSince > 0 && (All.IsEmpty || All[^1].At < now - keep);

    public void Add(long number, DateTimeOffset now)
    {
        _eventsSince = 0;
        All = All.Add(new Mark(number, now));
    }

    public void Restore(ImmutableArray<Mark> marks) => All = marks;

    /// <summary>With a snapshot saved: the last event that may go, or null where none may.</summary>
    public long? TakeOld(long saved, DateTimeOffset now)
    {
        var old = All.Where(mark => mark.At < now - keep && mark.Number <= saved).ToArray();
        All = All.RemoveRange(old);
        return old.Length == 0 ? null : old[^1].Number;
    }
}
