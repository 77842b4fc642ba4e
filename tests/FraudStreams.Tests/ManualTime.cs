namespace FraudStreams.Tests;

/// <summary>A clock that stands still until a test moves it; timers fire inside <see cref="Advance"/>, in the order of their due times.</summary>
sealed class ManualTime : TimeProvider
{
    readonly Lock _lock = new();
    readonly List<ManualTimer> _timers = [];
    TimeSpan _elapsed;

    public DateTimeOffset Start { get; init; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
                return _elapsed;
        }
    }

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>How long until the next timer fires, or null when none is set.</summary>
    public TimeSpan? UntilNextTimer()
    {
        lock (_lock)
            return _timers.Count == 0 ? null : _timers.Min(timer => timer.Due) - _elapsed;
    }

    public void Advance(TimeSpan by)
    {
        var until = Elapsed + by;
        while (true)
        {
            ManualTimer? next;
            lock (_lock)
            {
                next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
                _elapsed = next is null ? until : next.Due > _elapsed ? next.Due : _elapsed;
                if (next is null)
                    return;
                next.Fired();
            }

            next.Call();
        }
    }

    /// <summary>Moves the clock from timer to timer until the work is done. It waits for the work to set a timer, never for time to pass.</summary>
    public async Task RunAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            if (UntilNextTimer() is { } wait)
                Advance(wait);
            await Task.Yield();
        }

        await work;
    }

    sealed class ManualTimer(ManualTime time, Action call) : ITimer
    {
        TimeSpan _period = Timeout.InfiniteTimeSpan;

        public TimeSpan Due { get; private set; }

        public Action Call { get; } = call;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._elapsed + dueTime;
                    time._timers.Add(this);
                }

                return true;
            }
        }

        public void Fired()
        {
            if (_period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero)
                time._timers.Remove(this);
            else
                Due += _period;
        }

        public void Dispose()
        {
            lock (time._lock)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
