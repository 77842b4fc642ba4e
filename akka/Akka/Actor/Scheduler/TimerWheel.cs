using System.Diagnostics;

namespace Akka.Actor;

/// <summary>
/// What is to happen at a time. An entry lies in one slot of the wheel; cancelling takes it out again, so that the millions of
/// timeouts that never happen cost two short locks each and leave nothing behind.
/// </summary>
internal abstract class TimerEntry
{
    internal TimerEntry? Previous, Following;
    internal long DueTick;
    internal int Slot = -1;
    internal abstract void Fire();
    internal void Cancel() => TimerWheel.Shared.Remove(this);
}

/// <summary>
/// One wheel of millisecond slots for the whole process, turned by one thread that sleeps until the next slot in use.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process.")]
internal sealed class TimerWheel
{
    internal static readonly TimerWheel Shared = new();
    const int Slots = 4096;
    readonly Lock _lock = new();
    readonly TimerEntry?[] _slots = new TimerEntry?[Slots];
    readonly AutoResetEvent _earlier = new(false);
    long _tick;
    long _wakeTick = long.MaxValue;

    TimerWheel()
    {
        _tick = NowTick();
        new Thread(Turn) { IsBackground = true, Name = "akka-scheduler" }.Start();
    }

    internal void Add(TimerEntry entry, TimeSpan delay)
    {
        // One tick more than the delay holds in whole ticks: an entry never fires early.
        var due = NowTick() + (long)Math.Ceiling(Math.Max(delay.TotalMilliseconds, 0)) + (delay > TimeSpan.Zero ? 1 : 0);
        bool wake;
        lock (_lock)
        {
            entry.DueTick = Math.Max(due, _tick + 1);
            entry.Slot = (int)(entry.DueTick & (Slots - 1));
            entry.Following = _slots[entry.Slot];
            if (entry.Following is { } first) first.Previous = entry;
            _slots[entry.Slot] = entry;
            wake = entry.DueTick < _wakeTick;
            if (wake) _wakeTick = entry.DueTick;
        }
        if (wake) _earlier.Set();
    }

    internal void Remove(TimerEntry entry)
    {
        lock (_lock) Unlink(entry);
    }

    void Unlink(TimerEntry entry)
    {
        if (entry.Slot < 0) return;
        if (entry.Previous is { } previous) previous.Following = entry.Following;
        else _slots[entry.Slot] = entry.Following;
        if (entry.Following is { } following) following.Previous = entry.Previous;
        entry.Previous = entry.Following = null;
        entry.Slot = -1;
    }

    void Turn()
    {
        var due = new List<TimerEntry>();
        while (true)
        {
            long wait;
            lock (_lock)
            {
                for (var now = NowTick(); _tick < now;) TakeDue(_slots[(int)(++_tick & (Slots - 1))], _tick, due);
                _wakeTick = NextUsedTick();
                wait = _wakeTick - NowTick();
            }
            foreach (var entry in due) entry.Fire();
            if (due.Count > 0) due.Clear();
            else if (wait > 0) _earlier.WaitOne((int)Math.Min(wait, int.MaxValue));
        }
    }

    void TakeDue(TimerEntry? entry, long tick, List<TimerEntry> due)
    {
        var from = due.Count;
        while (entry is not null)
        {
            var following = entry.Following;
            if (entry.DueTick <= tick)
            {
                Unlink(entry);
                due.Add(entry);
            }
            entry = following;
        }
        // A slot lists its newest entry first; what was scheduled first fires first.
        due.Reverse(from, due.Count - from);
    }

    long NextUsedTick()
    {
        for (var ahead = 1; ahead <= Slots; ahead++)
        {
            if (_slots[(int)((_tick + ahead) & (Slots - 1))] is not null) return _tick + ahead;
        }
        return long.MaxValue;
    }

    static long NowTick() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
}
