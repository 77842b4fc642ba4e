using Akka;
using Akka.Streams.Dsl;

namespace FraudStreams.RateLimiting;

/// <summary>
/// Limits the rate of records; the rate may be changed at any moment. Over any period at most rate × time records pass, plus one batch or
/// <see cref="BurstSeconds"/> worth of records, whichever is more: a batch passes as soon as the debt of those before it is paid off, then owes its
/// own size. So batches keep the same long-run rate as single records, and a pass that was woken late loses nothing. Thread-safe; callers pass in
/// turn.
/// </summary>
public sealed class RateLimiter : IDisposable
{
    /// <summary>How much of an idle period may be caught up, in seconds.</summary>
    public const double BurstSeconds = 0.1;

    /// <summary>Timers have a limit: after this the wait is computed again.</summary>
    static readonly TimeSpan MaxWait = TimeSpan.FromDays(1);

    readonly TimeProvider _time;
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly Lock _lock = new();
    TaskCompletionSource _rateChanged = NewSignal();
    Rate _rate;
    double _owed;
    long _owedAt;

    public RateLimiter(Rate rate, TimeProvider time)
    {
        _time = time;
        _rate = rate;
        _owedAt = time.GetTimestamp();
    }

    /// <summary>The rate limiter as a flow: one element waits in it, and backpressure holds those behind it.</summary>
    /// <param name="count">How many records an element counts for.</param>
    public static Flow<T, T, NotUsed> Flow<T>(RateLimiter limiter, Func<T, int> count) =>
        Akka.Streams.Dsl.Flow.Create<T>().SelectAsync(1, async element =>
        {
            await limiter.PassAsync(count(element));
            return element;
        });

    /// <summary>The current rate. Setting it re-times waiting passes at once; the debt so far is paid off at the old rate until now.</summary>
    public Rate Speed
    {
        get
        {
            lock (_lock)
                return _rate;
        }

        set
        {
            TaskCompletionSource rateChanged;
            lock (_lock)
            {
                if (_rate == value)
                    return;
                PayOff();
                _rate = value;
                rateChanged = _rateChanged;
                _rateChanged = NewSignal();
            }

            rateChanged.SetResult();
        }
    }

    /// <summary>Completes when <paramref name="count"/> records may pass. A cancelled pass has not passed.</summary>
    public ValueTask PassAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        // No pass is waiting, so none is overtaken.
        if (_turn.Wait(0, CancellationToken.None))
        {
            var wait = TryPass(count, out _);
            if (wait == TimeSpan.Zero)
            {
                _turn.Release();
                return ValueTask.CompletedTask;
            }

            return new ValueTask(WaitAsync(count, hasTurn: true, cancellationToken));
        }

        return new ValueTask(WaitAsync(count, hasTurn: false, cancellationToken));
    }

    public void Dispose() => _turn.Dispose();

    async Task WaitAsync(int count, bool hasTurn, CancellationToken cancellationToken)
    {
        if (!hasTurn)
            await _turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var wait = TryPass(count, out var rateChanged);
                if (wait == TimeSpan.Zero)
                    return;

                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(Task.Delay(wait, _time, waiting.Token), rateChanged);
                await waiting.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Zero if the records have passed; else how long until they may, unless the rate changes meanwhile.</summary>
    TimeSpan TryPass(int count, out Task rateChanged)
    {
        lock (_lock)
        {
            PayOff();
            rateChanged = _rateChanged.Task;
            if (_rate.IsUnlimited)
                return TimeSpan.Zero;
            if (_rate.IsPaused)
                return MaxWait;
            if (_owed <= 0)
            {
                _owed += count;
                return TimeSpan.Zero;
            }

            // Timers count whole milliseconds and drop the rest, so the wait is rounded up.
            return TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(_owed / _rate.PerSecond * 1000), MaxWait.TotalMilliseconds));
        }
    }

    void PayOff()
    {
        var now = _time.GetTimestamp();
        _owed = _rate.IsUnlimited
            ? 0
            : Math.Max(_owed - (_rate.PerSecond * _time.GetElapsedTime(_owedAt, now).TotalSeconds), -_rate.PerSecond * BurstSeconds);
        _owedAt = now;
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
