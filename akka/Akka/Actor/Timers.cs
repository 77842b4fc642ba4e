#nullable disable
namespace Akka.Actor;

/// <summary>Timers that belong to one actor: a new one under a known key takes the old one's place, and all end with the actor or its
/// restart.</summary>
public interface ITimerScheduler
{
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);
    void StartSingleTimer(object key, object msg, TimeSpan timeout);
    bool IsTimerActive(object key);
    void Cancel(object key);
    void CancelAll();
}

public interface IWithTimers
{
    ITimerScheduler Timers { get; set; }
}

internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
{
    readonly Dictionary<object, (TimerMessage Message, ICancelable Task, bool Repeats)> _timers = [];

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval)
    {
        Cancel(key);
        var message = new TimerMessage(key, msg);
        var task = cell.System.Scheduler.ScheduleTellRepeatedlyCancelable(interval, interval, cell.Self, message, cell.Self);
        _timers[key] = (message, task, true);
    }

    public void StartSingleTimer(object key, object msg, TimeSpan timeout)
    {
        Cancel(key);
        var message = new TimerMessage(key, msg);
        _timers[key] = (message, cell.System.Scheduler.ScheduleTellOnceCancelable(timeout, cell.Self, message, cell.Self), false);
    }

    public bool IsTimerActive(object key) => _timers.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_timers.Remove(key, out var timer)) timer.Task.Cancel();
    }

    public void CancelAll()
    {
        foreach (var timer in _timers.Values) timer.Task.Cancel();
        _timers.Clear();
    }

    /// <summary>False for what was sent by a timer that has since been cancelled or replaced, or by one of an earlier
    /// incarnation.</summary>
    internal bool Accepts(TimerMessage message)
    {
        if (!_timers.TryGetValue(message.Key, out var timer) || !ReferenceEquals(timer.Message, message)) return false;
        if (!timer.Repeats) _timers.Remove(message.Key);
        return true;
    }

}

internal sealed class TimerMessage(object key, object content) : Event.IDeadLetterSuppression
{
    internal object Key => key;

    internal bool TryOpen(ActorBase actor, out object message)
    {
        message = content;
        return actor is IWithTimers { Timers: TimerScheduler timers } && timers.Accepts(this);
    }
}
