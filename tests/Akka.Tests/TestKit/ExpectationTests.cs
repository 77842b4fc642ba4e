using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Shouldly;
using Xunit;
using Xunit.Sdk;

namespace Akka.Tests.TestKitTests;

public sealed class ExpectationTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void ExpectMsg_fails_for_another_value_another_type_or_no_message()
    {
        TestActor.Tell("a");
        Should.Throw<XunitException>(() => ExpectMsg("b"));

        TestActor.Tell("a");
        Should.Throw<XunitException>(() => ExpectMsg<int>());

        Should.Throw<XunitException>(() => ExpectMsg<string>(s_short));
    }

    [Fact]
    public void ExpectMsg_takes_a_predicate()
    {
        TestActor.Tell(4);
        ExpectMsg<int>(number => number % 2 == 0).ShouldBe(4);

        TestActor.Tell(5);
        Should.Throw<XunitException>(() => ExpectMsg<int>(number => number % 2 == 0));
    }

    [Fact]
    public void ExpectMsgFrom_looks_at_the_sender()
    {
        var probe = CreateTestProbe();

        probe.Send(TestActor, "a");
        ExpectMsgFrom(probe.Ref, "a");

        TestActor.Tell("a");
        Should.Throw<XunitException>(() => ExpectMsgFrom(probe.Ref, "a"));
    }

    [Fact]
    public void ExpectNoMsg_fails_when_one_comes()
    {
        ExpectNoMsg(s_short);

        TestActor.Tell("a");

        Should.Throw<XunitException>(() => ExpectNoMsg(s_short));
    }

    [Fact]
    public void ExpectMsgAllOf_takes_them_in_any_order_and_all()
    {
        foreach (var number in new[] { 3, 1, 2 }) TestActor.Tell(number);
        ExpectMsgAllOf(1, 2, 3).ShouldBe([3, 1, 2]);

        TestActor.Tell(1);
        TestActor.Tell(9);
        Should.Throw<XunitException>(() => ExpectMsgAllOf(1, 2));
    }

    [Fact]
    public void ReceiveOne_gives_null_when_nothing_comes() => ReceiveOne(s_short).ShouldBeNull();

    [Fact]
    public void ReceiveN_fails_with_too_few()
    {
        TestActor.Tell(1);

        Should.Throw<XunitException>(() => ReceiveN(2, s_short));
    }

    [Fact]
    public void FishForMessage_passes_over_what_is_not_wanted()
    {
        foreach (var message in new object[] { 1, "a", 2, "b" }) TestActor.Tell(message);

        FishForMessage<string>(m => m == "b").ShouldBe("b");

        HasMessages.ShouldBeFalse();
    }

    [Fact]
    public async Task Ignored_messages_do_not_arrive()
    {
        IgnoreMessages<int>();
        TestActor.Tell(1);
        TestActor.Tell("a");
        await ExpectMsgAsync("a");

        IgnoreNoMessages();
        TestActor.Tell(2);

        await ExpectMsgAsync(2);
    }

    [Fact]
    public async Task AwaitAssert_tries_until_it_holds_and_fails_as_the_last_try_did()
    {
        var tries = 0;
        await AwaitAssertAsync(() => (++tries).ShouldBe(3), interval: TimeSpan.FromMilliseconds(5));

        Should.Throw<ShouldAssertException>(() => AwaitAssert(() => 1.ShouldBe(2), s_short, TimeSpan.FromMilliseconds(5)));
    }

    [Fact]
    public void AwaitCondition_fails_when_the_time_is_over() =>
        Should.Throw<Exception>(() => AwaitCondition(() => false, s_short, TimeSpan.FromMilliseconds(5)));

    [Fact]
    public void Within_limits_the_expectations_in_it()
    {
        Within(TimeSpan.FromSeconds(5), () =>
        {
            TestActor.Tell("a");
            ExpectMsg("a");
            Remaining.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(5));
        });

        var started = Now;
        Should.Throw<XunitException>(() => Within(s_short, () => { ExpectMsg<string>(); }));
        (Now - started).ShouldBeLessThan(TimeSpan.FromSeconds(2), "and not the three seconds of an expectation on its own");
    }

    [Fact]
    public void A_probe_answers_forwards_and_sees_who_asked()
    {
        var probe = CreateTestProbe("probe");

        probe.Ref.Tell("question");
        probe.ExpectMsg("question");
        probe.Reply("answer");
        ExpectMsgFrom(probe.Ref, "answer");

        probe.Sender.ShouldBe(TestActor);
        var other = CreateTestProbe();
        probe.Forward(other.Ref);
        other.ExpectMsgFrom(TestActor, "question");
    }

    [Fact]
    public void A_probe_can_be_watched_and_watches()
    {
        var probe = CreateTestProbe();
        var subject = CreateTestProbe();
        probe.Watch(subject.Ref);

        Sys.Stop(subject.Ref);

        probe.ExpectTerminated(subject.Ref);
    }

    [Fact]
    public void EventFilter_counts_what_is_logged_in_its_block()
    {
        EventFilter.Warning("careful").ExpectOne(() => Sys.Log.Warning("careful"));
        EventFilter.Info(start: "number").Expect(2, () =>
        {
            Sys.Log.Info("number {0}", 1);
            Sys.Log.Info("number {0}", 2);
        });
        EventFilter.Exception<BrokenException>(contains: "pipe").ExpectOne(() => Sys.Log.Error(new BrokenException("pipe"), "failed"));

        Should.Throw<Exception>(() => EventFilter.Error().ExpectOne(s_short, () => Sys.Log.Warning("no error")));
    }

    [Fact]
    public async Task EventFilter_waits_for_what_comes_after_its_block()
    {
        await EventFilter.Error("late").ExpectOneAsync(() =>
        {
            Sys.Scheduler.Advanced.ScheduleOnce(s_short, () => Sys.Log.Error("late"));
            return Task.CompletedTask;
        });
    }

    sealed class BrokenException(string message) : Exception(message);
}

public sealed class TestSchedulerTests : Akka.TestKit.Xunit2.TestKit
{
    public TestSchedulerTests() : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
    {
    }

    TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void Time_passes_only_when_the_test_moves_it()
    {
        Scheduler.ScheduleTellOnce(TimeSpan.FromHours(2), TestActor, "later", ActorRefs.NoSender);
        Scheduler.ScheduleTellRepeatedly(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TestActor, "hour", ActorRefs.NoSender);

        Scheduler.Advance(TimeSpan.FromHours(1));
        ExpectMsg("hour");
        ExpectNoMsg(50);

        Scheduler.Advance(TimeSpan.FromHours(1));
        ReceiveN(2).ShouldBe(["later", "hour"], ignoreOrder: true);
    }
}
