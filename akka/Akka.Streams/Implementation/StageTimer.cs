using Akka.Actor;

namespace Akka.Streams.Implementation;

/// <summary>
/// A timer of a stage, which elapses in the stage's island. Setting it again while it runs, as a group of elements does each
/// time, moves only the deadline: what is already scheduled wakes up, finds that it is early, and goes on waiting.
/// </summary>
internal sealed class StageTimer(Logic stage, ActorMaterializer materializer, Action elapsed)
{
    TimeSpan? _due;
    TimeSpan? _interval;
    TimeSpan _wakesAt;
    ICancelable? _scheduled;

    internal bool IsActive => _due is not null;

    internal void Once(TimeSpan delay)
    {
        _interval = null;
        Arm(materializer.Clock + delay);
    }

    internal void Repeat(TimeSpan delay, TimeSpan interval)
    {
        _interval = interval;
        Arm(materializer.Clock + delay);
    }

    internal void Repeat(TimeSpan interval) => Repeat(interval, interval);

    internal void Cancel()
    {
        _due = null;
        _scheduled?.Cancel();
        _scheduled = null;
    }

    void Arm(TimeSpan due)
    {
        _due = due;
        if (_scheduled is not null && _wakesAt <= due) return;
        _scheduled?.Cancel();
        Wait(due);
    }

    void Wait(TimeSpan due)
    {
        var delay = due - materializer.Clock;
        _wakesAt = due;
        var signal = new Wakeup(stage, this);
        if (delay < TimeSpan.Zero) delay = TimeSpan.Zero;
        signal.Token = _scheduled = materializer.ScheduleOnce(delay, () => stage.Island.Post(signal));
    }

    void Wake(ICancelable? token)
    {
        // A wake-up that was on its way when the timer was moved nearer or cancelled is not this one's.
        if (_due is not { } due || token != _scheduled) return;
        _scheduled = null;
        if (materializer.Clock < due)
        {
            Wait(due);
            return;
        }
        _due = null;
        if (_interval is { } interval)
        {
            var next = due + interval;
            var now = materializer.Clock;
            Arm(next > now ? next : now);
        }
        elapsed();
    }

    sealed class Wakeup(Logic target, StageTimer timer) : Signal(target)
    {
        internal ICancelable? Token;

        internal override void Run() => timer.Wake(Token);
    }
}
