namespace Akka.Streams.Implementation.Stages;

/// <summary>A bucket of tokens that fills at the rate: an element takes its cost out, or waits until enough has come in.</summary>
internal sealed class Throttle<T>(
    Materialization context, int rate, TimeSpan per, int maximumBurst, Func<T, int>? cost, ThrottleMode mode) : FlowLogic<T, T>(context)
{
    readonly long _ticksPerToken = per.Ticks / rate;
    long _tokens = maximumBurst;
    TimeSpan _filled = context.Materializer.Clock;
    StageTimer _timer = null!;
    T? _waiting;
    bool _completing;

    internal override void PreStart()
    {
        _filled = Materializer.Clock;
        _timer = Timer(() =>
        {
            var element = _waiting!;
            _waiting = default;
            Out.Push(element);
            if (_completing) CompleteStage();
        });
    }

    internal override void OnPush(In port)
    {
        var element = In.Grab();
        int price;
        try
        {
            price = cost?.Invoke(element) ?? 1;
        }
        catch (Exception e)
        {
            if (Decider(e) == Supervision.Directive.Stop) FailStage(e);
            else In.TryPull();
            return;
        }
        var delay = Spend(price);
        if (delay == TimeSpan.Zero)
        {
            Out.Push(element);
        }
        else if (mode == ThrottleMode.Enforcing)
        {
            FailStage(new OverflowException("Maximum throttle throughput exceeded."));
        }
        else
        {
            _waiting = element;
            _timer.Once(delay);
        }
    }

    internal override void OnUpstreamFinish(In port)
    {
        if (Out.IsAvailable && _timer.IsActive) _completing = true;
        else CompleteStage();
    }

    TimeSpan Spend(int price)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(price);
        var now = Materializer.Clock;
        var arrived = Math.Max(0, (now - _filled).Ticks / _ticksPerToken);
        _tokens = Math.Min(_tokens + arrived, maximumBurst);
        _filled += TimeSpan.FromTicks(arrived * _ticksPerToken);
        if (price <= _tokens)
        {
            _tokens -= price;
            return TimeSpan.Zero;
        }
        // The bucket is empty until the missing tokens have come in, and their time is counted from the last token's arrival.
        _filled += TimeSpan.FromTicks((price - _tokens) * _ticksPerToken);
        _tokens = 0;
        return _filled > now ? _filled - now : TimeSpan.Zero;
    }
}
