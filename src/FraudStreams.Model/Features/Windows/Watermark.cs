namespace FraudStreams.Model.Features.Windows;

/// <summary>
/// How far a partition has come in event time, as a function of its payments alone: the largest median that any 63 payments in a row have
/// had. A single payment with a wrong clock moves it nowhere, a gap in the stream is passed within 32 payments, and a reading that begins
/// later in the same log agrees from its 63rd payment on, but where the log was further before than it has come since.
/// </summary>
public sealed class Watermark
{
    internal const int Span = 63;
    internal const int WrongInFront = 7;

    readonly long[] _recent = new long[Span];
    readonly long[] _sorted = new long[Span];
    int _count;
    int _next;

    /// <summary>Unix milliseconds; <see cref="long.MinValue"/> before the 63rd payment.</summary>
    public long Now { get; private set; } = long.MinValue;

    /// <summary>Takes the event time of the next payment, unix milliseconds.</summary>
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
    /// Where the newest payments are, which the median says late of a stream with days between its payments: the eighth largest time of those taken
    /// last, 63 at most, so seven wrong clocks do not move it; the smallest of fewer than eight; <see cref="long.MinValue"/> before the first.
    /// </summary>
    public long Front => _count == 0 ? long.MinValue : _sorted[Math.Max(0, _count - WrongInFront - 1)];

    /// <summary>The times that <see cref="Now"/> is made from next, oldest first.</summary>
    internal IEnumerable<long> Recent => Enumerable.Range(0, _count).Select(i => _recent[(_next - _count + i + Span) % Span]);

    internal static Watermark Of(IEnumerable<long> recent, long now)
    {
        var clock = new Watermark();
        foreach (var time in recent)
            clock.Take(time);
        clock.Now = now;
        return clock;
    }
}
