using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class SchedulerTests : Akka.TestKit.Xunit2.TestKit
{
    [Fact]
    public async Task Nothing_happens_before_its_time()
    {
        var late = new ConcurrentQueue<TimeSpan>();
        var done = new CountdownEvent(50);

        for (var i = 0; i < 50; i++)
        {
            var delay = TimeSpan.FromMilliseconds(i * 7);
            var started = Stopwatch.GetTimestamp();
            Sys.Scheduler.Advanced.ScheduleOnce(delay, () =>
            {
                late.Enqueue(Stopwatch.GetElapsedTime(started) - delay);
                done.Signal();
            });
        }

        await AwaitConditionAsync(() => done.IsSet, TimeSpan.FromSeconds(20), interval: null);
        // The stopwatch of another thread may be a tick behind.
        late.Min().ShouldBeGreaterThan(TimeSpan.FromMilliseconds(-1));
    }

    [Fact]
    public void What_is_scheduled_to_be_told_has_its_sender()
    {
        var probe = CreateTestProbe();

        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(10), TestActor, "later", probe.Ref);

        ExpectMsgFrom(probe.Ref, "later");
    }

    [Fact]
    public void A_repetition_goes_on_until_it_is_cancelled()
    {
        var cancelable = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(
            TimeSpan.Zero, TimeSpan.FromMilliseconds(20), TestActor, "tick", ActorRefs.NoSender);
        for (var i = 0; i < 3; i++) ExpectMsg("tick");

        cancelable.Cancel();
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(100), TestActor, "after", ActorRefs.NoSender);

        FishForMessage<string>(m => m == "after");
        ExpectNoMsg(100);
    }

    [Fact]
    public void What_is_cancelled_in_time_does_not_happen()
    {
        var cancelable = new Cancelable(Sys.Scheduler);
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(50), TestActor, "never", ActorRefs.NoSender, cancelable);

        cancelable.Cancel();

        ExpectNoMsg(150);
    }

    [Fact]
    public void An_action_that_throws_does_not_stop_the_others()
    {
        Sys.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(10), () => throw new BrokenException("pipe"));
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(30), TestActor, "goes on", ActorRefs.NoSender);

        ExpectMsg("goes on");
    }

    [Fact]
    public void A_negative_delay_is_refused() => Should.Throw<ArgumentOutOfRangeException>(
        () => Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(-1), TestActor, "x", ActorRefs.NoSender));
}
