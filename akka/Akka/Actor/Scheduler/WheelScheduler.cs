using System.Diagnostics;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A system's scheduler: entries on the shared wheel that stop when the system does.</summary>
internal sealed class WheelScheduler(Func<ILoggingAdapter> log) : IScheduler, IAdvancedScheduler
{
    volatile bool _stopped;

    public IAdvancedScheduler Advanced => this;
    public DateTimeOffset Now => TimeProvider.System.GetUtcNow();
    public TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(0);
    public TimeSpan HighResMonotonicClock => Stopwatch.GetElapsedTime(0);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellOnce(delay, receiver, message, sender, null);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Start(new TellEntry(this, null, cancelable, receiver, message, sender), NotNegative(delay, nameof(delay)));

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Start(
            new TellEntry(this, Positive(interval), cancelable, receiver, message, sender),
            NotNegative(initialDelay, nameof(initialDelay)));

    public void ScheduleOnce(TimeSpan delay, Action action) => ScheduleOnce(delay, action, null);

    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Start(new ActionEntry(this, null, cancelable, action), NotNegative(delay, nameof(delay)));

    internal void Stop() => _stopped = true;

    void Start(Entry entry, TimeSpan delay)
    {
        if (_stopped || entry.Cancelable?.IsCancellationRequested == true) return;
        entry.Due = MonotonicClock + delay;
        TimerWheel.Shared.Add(entry, delay);
        if (entry.Cancelable is { } cancelable) entry.Unlinker = cancelable.Token.UnsafeRegister(static e => ((Entry)e!).Cancel(), entry);
    }

    static TimeSpan NotNegative(TimeSpan delay, string parameter) =>
        delay >= TimeSpan.Zero ? delay : throw new ArgumentOutOfRangeException(parameter, $"Was {delay}; a delay must not be negative.");

    static TimeSpan Positive(TimeSpan interval) =>
        interval > TimeSpan.Zero
            ? interval
            : throw new ArgumentOutOfRangeException(nameof(interval), $"Was {interval}; an interval must be positive.");

    abstract class Entry(WheelScheduler scheduler, TimeSpan? interval, ICancelable? cancelable) : TimerEntry
    {
        internal ICancelable? Cancelable => cancelable;
        internal TimeSpan Due;
        internal CancellationTokenRegistration Unlinker;

        internal override void Fire()
        {
            if (scheduler._stopped || cancelable?.IsCancellationRequested == true) return;
            try
            {
                Do();
            }
            catch (Exception fault)
            {
                scheduler.Log.Error(fault, "A scheduled action failed");
            }
            if (interval is not { } period)
            {
                Unlinker.Unregister();
                return;
            }
            // Measured from when it was due, not from now, so that a period does not drift.
            Due += period;
            TimerWheel.Shared.Add(this, Due - scheduler.MonotonicClock);
            if (cancelable?.IsCancellationRequested == true) Cancel();
        }

        protected abstract void Do();
    }

    ILoggingAdapter Log => log();

    sealed class TellEntry(
        WheelScheduler scheduler, TimeSpan? interval, ICancelable? cancelable, ICanTell receiver, object message, IActorRef? sender)
        : Entry(scheduler, interval, cancelable)
    {
        protected override void Do() => receiver.Tell(message, sender);
    }

    sealed class ActionEntry(
        WheelScheduler scheduler, TimeSpan? interval, ICancelable? cancelable, Action action)
        : Entry(scheduler, interval, cancelable)
    {
        protected override void Do() => action();
    }
}
