using Akka;
using Akka.Streams.Dsl;

namespace FraudStreams.RateLimiting;

/// <summary>
/// Lets records pass at a speed that anyone may turn at any moment. Over any stretch of time at most speed × time records pass, plus one
/// batch or <see cref="BurstSeconds"/> worth of records, whichever is more: a batch passes as soon as what passed before it is paid off,
/// then owes its own size. So batches keep the same long-run rate as single records, and a pass that was woken late loses nothing. Safe for
/// many callers, who take turns.
/// </summary>
public sealed class RateLimiter : IDisposable
{
    /// <summary>How much of an idle stretch may be caught up, in seconds.</summary>
    public const double BurstSeconds = 0.1;

    readonly TimeProvider _time;
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly Lock _lock = new();
    TaskCompletionSource _turned = NewSignal();
    Rate _speed;
    double _owed;
    long _owedAt;

    public RateLimiter(Rate speed, TimeProvider time)
    {
        _time = time;
        _speed = speed;
        _owedAt = time.GetTimestamp();
    }

    /// <summary>The valve in a stream: one element waits in it, and those behind wait where they come from.</summary>
    /// <param name="count">How many records an element stands for.</param>
    public static Flow<T, T, NotUsed> Flow<T>(RateLimiter valve, Func<T, int> count) =>
        Akka.Streams.Dsl.Flow.Create<T>().SelectAsync(1, async element =>
        {
            await valve.PassAsync(count(element));
            return element;
        });

    /// <summary>The speed now. Setting it re-times whoever waits, at once; what has passed is paid off at the speed of its time.</summary>
    public Rate Speed
    {
        get
        {
            lock (_lock)
                return _speed;
        }

        set
        {
            TaskCompletionSource turned;
            lock (_lock)
            {
                if (_speed == value)
                    return;
                PayOff();
                _speed = value;
                turned = _turned;
                _turned = NewSignal();
            }

            turned.SetResult();
        }
    }

    /// <summary>Completes when <paramref name="count"/> records may pass. A cancelled pass has not passed.</summary>
    public ValueTask PassAsync(int count, CancellationToken token = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (token.IsCancellationRequested)
            return ValueTask.FromCanceled(token);

        // Nobody waits, so nobody is overtaken.
        if (_turn.Wait(0, CancellationToken.None))
        {
            var wait = TryPass(count, out _);
            if (wait == TimeSpan.Zero)
            {
                _turn.Release();
                return ValueTask.CompletedTask;
            }

            return new ValueTask(WaitAsync(count, hasTurn: true, token));
        }

        return new ValueTask(WaitAsync(count, hasTurn: false, token));
    }

    public void Dispose() => _turn.Dispose();

    async Task WaitAsync(int count, bool hasTurn, CancellationToken token)
    {
        if (!hasTurn)
            await _turn.WaitAsync(token);
        try
        {
            while (true)
            {
                var wait = TryPass(count, out var turned);
                if (wait == TimeSpan.Zero)
                    return;

                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(token);
                await Task.WhenAny(Task.Delay(wait, _time, waiting.Token), turned);
                await waiting.CancelAsync();
                token.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Zero when the records have passed; else how long until they may, if nobody turns the speed meanwhile.</summary>
    TimeSpan TryPass(int count, out Task turned)
    {
        lock (_lock)
        {
            PayOff();
            turned = _turned.Task;
            if (_speed.IsUnlimited)
                return TimeSpan.Zero;
            if (_owed <= 0)
            {
                _owed += count;
                return TimeSpan.Zero;
            }

            // Timers count whole milliseconds and drop the rest, so the rest is rounded up; a day is as good as longer, it is asked again.
            return TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(_owed / _speed.PerSecond * 1000), 86_400_000));
        }
    }

    void PayOff()
    {
        var now = _time.GetTimestamp();
        _owed = _speed.IsUnlimited
            ? 0
            : Math.Max(_owed - (_speed.PerSecond * _time.GetElapsedTime(_owedAt, now).TotalSeconds), -_speed.PerSecond * BurstSeconds);
        _owedAt = now;
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
