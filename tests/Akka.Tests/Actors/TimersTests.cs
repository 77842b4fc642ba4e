using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class TimersTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(50);

    readonly IActorRef _timed;

    public TimersTests() => _timed = Sys.ActorOf(Props.Create(() => new Timed(TestActor)));

    [Fact]
    public void A_single_timer_fires_once()
    {
        _timed.Tell((ITimerScheduler timers) => timers.StartSingleTimer("k", "tick", s_soon));

        ExpectMsg("tick");
        ExpectNoMsg(200);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_cancelled()
    {
        _timed.Tell((ITimerScheduler timers) => timers.StartPeriodicTimer("k", "tick", s_soon));

        for (var i = 0; i < 3; i++) ExpectMsg("tick");
        _timed.Tell((ITimerScheduler timers) => timers.Cancel("k"));
        _timed.Tell("cancelled");

        FishForMessage<string>(m => m == "cancelled");
        ExpectNoMsg(200);
    }

    [Fact]
    public void A_replaced_timer_delivers_nothing_even_if_it_has_fired_already()
    {
        using var fired = new ManualResetEventSlim();
        Sys.Scheduler.Advanced.ScheduleOnce(s_soon * 3, fired.Set);

        _timed.Tell((ITimerScheduler timers) =>
        {
            timers.StartSingleTimer("k", "old", TimeSpan.FromMilliseconds(1));
            // By now the old timer's message lies in the mailbox.
            fired.Wait(TimeSpan.FromSeconds(5));
            timers.StartSingleTimer("k", "new", s_soon);
        });

        ExpectMsg("new");
        ExpectNoMsg(100);
    }

    [Fact]
    public void A_restart_cancels_all_timers()
    {
        _timed.Tell((ITimerScheduler timers) => timers.StartPeriodicTimer("k", "tick", s_soon));
        ExpectMsg("tick");

        _timed.Tell(new BrokenException("pipe"));
        _timed.Tell("restarted");

        FishForMessage<string>(m => m == "restarted");
        ExpectNoMsg(200);
    }

    [Fact]
    public void IsTimerActive_says_what_is_still_to_come()
    {
        _timed.Tell((ITimerScheduler timers) =>
        {
            timers.StartSingleTimer("k", "tick", TimeSpan.FromMinutes(1));
            TestActor.Tell(timers.IsTimerActive("k"));
            timers.CancelAll();
            TestActor.Tell(timers.IsTimerActive("k"));
        });

        ReceiveN(2).ShouldBe([true, false]);
    }

    [Fact]
    public void A_receive_timeout_comes_when_nothing_else_does()
    {
        var patient = Sys.ActorOf(Props.Create(() => new Patient(TestActor, s_soon)));

        ExpectMsg<ReceiveTimeout>();
        ExpectMsg<ReceiveTimeout>();
        patient.Tell("enough");
        FishForMessage<object>(m => m is "enough");

        ExpectNoMsg(200);
    }

    sealed class Timed : ReceiveActor, IWithTimers
    {
        public Timed(IActorRef to)
        {
            Receive<Action<ITimerScheduler>>(use => use(Timers));
            Receive<Exception>(e => throw e);
            ReceiveAny(to.Tell);
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    sealed class Patient : ReceiveActor
    {
        public Patient(IActorRef to, TimeSpan patience)
        {
            SetReceiveTimeout(patience);
            Receive<string>(message =>
            {
                SetReceiveTimeout(null);
                to.Tell(message);
            });
            ReceiveAny(to.Tell);
        }
    }
}
