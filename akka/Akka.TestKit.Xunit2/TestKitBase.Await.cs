namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Tries an assertion again and again until it holds; fails as it does when the time is over.</summary>
    public void AwaitAssert(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Wait(AwaitAssertAsync(assertion, duration, interval, cancellationToken));

    public Task AwaitAssertAsync(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AwaitAssertAsync(
            () =>
            {
                assertion();
                return Task.CompletedTask;
            },
            duration, interval, cancellationToken);

    public async Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var end = Now + RemainingOrDilated(duration);
        while (true)
        {
            var pause = Shorter(interval ?? s_interval, NotNegative(end - Now));
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (Now + pause < end)
            {
                // Not yet; another try after the pause.
            }
            await Task.Delay(pause, cancellationToken);
        }
    }

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default) =>
        Wait(AwaitConditionAsync(conditionIsFulfilled, max, interval, message, cancellationToken));

    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(() => Task.FromResult(conditionIsFulfilled()), max, interval, message, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, null, cancellationToken);

    public async Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        if (await BecomesTrueAsync(conditionIsFulfilled, limit, interval, cancellationToken)) return;
        Assertions.Fail("Timeout {0} expired while waiting for condition. {1}", limit, message ?? "");
    }

    public Task<bool> AwaitConditionNoThrowAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        BecomesTrueAsync(conditionIsFulfilled, max, interval, cancellationToken);

    /// <summary>Runs a block whose expectations share one limit, and fails where it took longer.</summary>
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    public void Within(
        TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        Within(
            min, max,
            () =>
            {
                action();
                return NotUsed.Instance;
            },
            hint, epsilonValue, cancellationToken);

    public T Within<T>(
        TimeSpan min, TimeSpan max, Func<T> function, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        Wait(WithinAsync(min, max, () => Task.FromResult(function()), hint, epsilonValue, cancellationToken));

    public async Task<T> WithinAsync<T>(
        TimeSpan min, TimeSpan max, Func<Task<T>> function, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
    {
        var start = Now;
        var outer = _end;
        var limit = outer is { } end ? Shorter(Dilated(max), end - start) : Dilated(max);
        Assertions.AssertTrue(limit >= min, "Required min time {0} not possible, only {1} left. {2}", min, limit, hint ?? "");
        _lastWasNoMsg = false;
        _end = start + limit;
        T result;
        try
        {
            result = await function();
        }
        finally
        {
            _end = outer;
        }
        var elapsed = Now - start;
        if (elapsed < min) Assertions.Fail("Failed: Block took {0}, should have at least been {1}. {2}", elapsed, min, hint ?? "");
        if (!_lastWasNoMsg && elapsed > limit + (epsilonValue ?? TimeSpan.Zero))
        {
            Assertions.Fail("Failed: Block took {0}, exceeding {1}. {2}", elapsed, limit, hint ?? "");
        }
        return result;
    }

    static async Task<bool> BecomesTrueAsync(
        Func<Task<bool>> condition, TimeSpan max, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var end = Now + max;
        while (!await condition())
        {
            if (Now >= end) return false;
            await Task.Delay(Shorter(interval ?? s_interval, NotNegative(end - Now)), cancellationToken);
        }
        return true;
    }

    static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
