namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// The event-time watermark of a partition: the largest median of any 63 consecutive payments so far. It never goes back, and depends only on
/// the payments. A single payment with a wrong clock does not move it, it passes a gap in the stream within 32 payments, and a reader that
/// starts later in the same log has the same watermark from its 63rd payment on, unless the log was further ahead before the start than it
/// has been since. Not thread-safe.
/// </summary>
public sealed class Watermark
{
    internal const int Span = 63;
    internal const int WrongInFront = 7;

    readonly long[] _recent = new long[Span];
    readonly long[] _sorted = new long[Span];
    int _count;
    int _next;

    /// <summary>The watermark, in Unix milliseconds; <see cref="long.MinValue"/> before the 63rd payment.</summary>
    public long Now { get; private set; } = long.MinValue;

    /// <summary>Adds the next payment.</summary>
    /// <param name="time">Its event time, in Unix milliseconds.</param>
    public void Take(long time)
    {
        var kept = _count;
        if (_count == Span)
        {
            var oldest = Array.BinarySearch(_sorted, _recent[_next]);
            kept--;
            Array.Copy(_sorted, oldest + 1, _sorted, oldest, kept - oldest);
        }
        else
        {
            _count++;
        }

        var at = kept;
        while (at > 0 && _sorted[at - 1] > time)
            at--;
        Array.Copy(_sorted, at, _sorted, at + 1, kept - at);
        _sorted[at] = time;
        _recent[_next] = time;
        _next = (_next + 1) % Span;
        if (_count == Span)
            Now = Math.Max(Now, _sorted[Span / 2]);
    }

    /// <summary>
    /// The event time of the newest payments, in Unix milliseconds; the median lags behind it if payments are days apart. It is the eighth largest
    /// time of the last 63 payments, so that up to seven wrong clocks do not move it; the smallest time while there are fewer than eight;
    /// <see cref="long.MinValue"/> before the first.
    /// </summary>
    public long Front => _count == 0 ? long.MinValue : _sorted[Math.Max(0, _count - WrongInFront - 1)];

    /// <summary>The last times, at most 63, oldest first.</summary>
    internal IEnumerable<long> Recent => Enumerable.Range(0, _count).Select(i => _recent[(_next - _count + i + Span) % Span]);

    /// <summary>A watermark of its own that goes on from here.</summary>
    public Watermark Copy()
    {
        var copy = new Watermark { _count = _count, _next = _next, Now = Now };
        _recent.CopyTo(copy._recent, 0);
        _sorted.CopyTo(copy._sorted, 0);
        return copy;
    }

    internal static Watermark Of(IEnumerable<long> recent, long now)
    {
        var watermark = new Watermark();
        foreach (var time in recent)
            watermark.Take(time);
        watermark.Now = now;
        return watermark;
    }
}
