using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>A scheduler whose time stands still until the test moves it. Set akka.scheduler.implementation to its name.</summary>
public class TestScheduler : IScheduler, IAdvancedScheduler
{
    readonly Lock _lock = new();
    readonly PriorityQueue<Item, (DateTimeOffset Due, long Order)> _items = new();
    DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    long _order;

    /// <summary>As an actor system makes its scheduler.</summary>
    public TestScheduler(Config schedulerConfig, ILoggingAdapter log) { }

    public IAdvancedScheduler Advanced => this;
    public DateTimeOffset Now => _now;
    public TimeSpan HighResMonotonicClock => Stopwatch.GetElapsedTime(0);

    /// <summary>Moves the time on and does all that is then due, in its order.</summary>
    public void Advance(TimeSpan offset)
    {
        lock (_lock) _now += offset;
        var again = new List<Item>();
        while (NextDue() is { } item)
        {
            if (item.Cancelable?.IsCancellationRequested == true) continue;
            item.Action();
            if (item.Interval is not null) again.Add(item);
        }
        foreach (var item in again) Add(item.Interval!.Value, item);
    }

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellOnce(delay, receiver, message, sender, null);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        ScheduleOnce(delay, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, null);

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        ScheduleRepeatedly(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleOnce(TimeSpan delay, Action action) => ScheduleOnce(delay, action, null);
    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) => Add(delay, new Item(action, null, cancelable));

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, new Item(action, interval, cancelable));

    void Add(TimeSpan delay, Item item)
    {
        lock (_lock) _items.Enqueue(item, (_now + delay, _order++));
    }

    Item? NextDue()
    {
        lock (_lock) return _items.TryPeek(out _, out var at) && at.Due <= _now ? _items.Dequeue() : null;
    }

    sealed record Item(Action Action, TimeSpan? Interval, ICancelable? Cancelable);
}
