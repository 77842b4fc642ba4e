namespace FraudStreams.Diagnostics;

/// <summary>How long the last thousand of something took. Any thread may call.</summary>
public sealed class RecentTimes
{
    const int Most = 1_000;

    /// <summary>Of fewer the slowest hundredth is not known.</summary>
    const int Least = 100;

    readonly Lock _gate = new();
    readonly TimeSpan[] _times = new TimeSpan[Most];
    long _count;

    /// <summary>99 of 100 took no longer; null where too few are known.</summary>
    public TimeSpan? P99
    {
        get
        {
            lock (_gate)
            {
                var known = (int)Math.Min(_count, Most);
                return known < Least ? null : _times.Take(known).Order().ElementAt((int)Math.Ceiling(known * 0.99) - 1);
            }
        }
    }

    public void Add(TimeSpan time)
    {
        lock (_gate)
            _times[_count++ % Most] = time;
    }

    public void Clear()
    {
        lock (_gate)
            _count = 0;
    }
}
