using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class SupervisionTests : Akka.TestKit.Xunit2.TestKit
{
    [Fact]
    public async Task Hooks_run_in_order_over_start_restart_and_stop()
    {
        var child = await ChildOfAsync(_ => Directive.Restart);

        child.Tell(new BrokenException("pipe"));
        child.Tell("hello");
        child.Tell(PoisonPill.Instance);

        ReceiveN(7).ShouldBe([
            "a1 PreStart", "a1 PreRestart pipe at BrokenException", "a1 PostStop",
            "a2 PostRestart pipe", "a2 PreStart", "a2 got hello", "a2 PostStop"]);
    }

    [Fact]
    public async Task A_restart_drops_the_message_that_failed_and_keeps_the_others_in_order()
    {
        var child = await ChildOfAsync(_ => Directive.Restart);

        child.Tell("before");
        child.Tell(new BrokenException("pipe"));
        child.Tell("after");
        child.Tell("later");

        FishForMessage<string>(m => m == "a1 got before");
        FishForMessage<string>(m => m == "a2 PreStart");
        ExpectMsg("a2 got after");
        ExpectMsg("a2 got later");
    }

    [Fact]
    public async Task A_ref_stays_the_same_over_a_restart()
    {
        var child = await ChildOfAsync(_ => Directive.Restart);
        Watch(child);

        child.Tell(new BrokenException("pipe"));
        child.Tell("still there");

        FishForMessage<object>(m => m is Terminated or "a2 got still there").ShouldBe("a2 got still there");
    }

    [Fact]
    public async Task Resume_keeps_the_instance_and_takes_the_next_message()
    {
        var child = await ChildOfAsync(_ => Directive.Resume);

        child.Tell(new BrokenException("pipe"));
        child.Tell("after");

        ReceiveN(2).ShouldBe(["a1 PreStart", "a1 got after"]);
    }

    [Fact]
    public async Task Stop_ends_the_child_and_what_it_had_not_read_goes_to_dead_letters()
    {
        var letters = CreateTestProbe();
        Sys.EventStream.Subscribe(letters.Ref, typeof(Event.DeadLetter));
        var child = await ChildOfAsync(_ => Directive.Stop);

        child.Tell(new BrokenException("pipe"));
        child.Tell("never read");

        ReceiveN(2).ShouldBe(["a1 PreStart", "a1 PostStop"]);
        letters.FishForMessage<Event.DeadLetter>(l => l.Recipient.Equals(child)).Message.ShouldBe("never read");
    }

    [Fact]
    public async Task Escalate_fails_the_parent_whose_restart_stops_the_child()
    {
        var parent = await ChildOfAsync(_ => Directive.Restart, "parent", new OneForOneStrategy(_ => Directive.Escalate));
        var incarnations = new Incarnations();
        var talker = Props.Create(() => new Talker(TestActor, "child", incarnations, null));
        var child = await parent.Ask<IActorRef>(talker, TimeSpan.FromSeconds(5));
        ReceiveN(2).ShouldBe(["parent1 PreStart", "child1 PreStart"], ignoreOrder: true);
        Watch(child);

        child.Tell(new BrokenException("pipe"));

        var seen = ReceiveN(6).Select(m => m is Terminated ? "Terminated" : (string)m).ToList();
        seen.Where(m => m.StartsWith("parent", StringComparison.Ordinal)).Select(m => m.Split(" at ")[0])
            .ShouldBe(["parent1 PreRestart pipe", "parent1 PostStop", "parent2 PostRestart pipe", "parent2 PreStart"]);
        seen.ShouldContain("child1 PostStop");
        seen.ShouldContain("Terminated");
        seen.IndexOf("child1 PostStop").ShouldBeLessThan(
            seen.IndexOf("parent2 PostRestart pipe"), "a new parent waits until the old one's children are gone");
    }

    [Fact]
    public async Task A_child_may_be_restarted_only_so_often()
    {
        var child = await ChildOfAsync(new OneForOneStrategy(2, TimeSpan.FromMinutes(1), _ => Directive.Restart));
        Watch(child);

        for (var i = 0; i < 3; i++) child.Tell(new BrokenException($"{i}"));

        FishForMessage<object>(m => m is Terminated).ShouldBeOfType<Terminated>().ActorRef.ShouldBe(child);
    }

    [Fact]
    public async Task Restarts_long_ago_do_not_count()
    {
        var child = await ChildOfAsync(new OneForOneStrategy(1, TimeSpan.FromMilliseconds(50), _ => Directive.Restart));

        for (var i = 1; i <= 3; i++)
        {
            child.Tell(new BrokenException("pipe"));
            FishForMessage<string>(m => m == $"a{i + 1} PreStart");
            ExpectNoMsg(TimeSpan.FromMilliseconds(120));
        }
    }

    [Fact]
    public async Task One_for_one_leaves_the_other_children_alone()
    {
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(SupervisorStrategy.DefaultStrategy)));
        Incarnations first = new(), second = new();
        var child = await supervisor.Ask<IActorRef>(Props.Create(() => new Talker(TestActor, "x", first, null)), TimeSpan.FromSeconds(5));
        await supervisor.Ask<IActorRef>(Props.Create(() => new Talker(TestActor, "y", second, null)), TimeSpan.FromSeconds(5));

        child.Tell(new BrokenException("pipe"));

        await FishForMessageAsync<string>(m => m == "x2 PreStart");
        second.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Failing_and_resuming_under_load_loses_and_doubles_nothing()
    {
        const int senders = 4, each = 2_000;
        var strategy = new OneForOneStrategy(-1, -1, _ => Directive.Resume, loggingEnabled: false);
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(strategy)));
        var counter = await supervisor.Ask<IActorRef>(Props.Create(() => new CountsAndFails()), TimeSpan.FromSeconds(5));

        await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < each; i++) counter.Tell(i, ActorRefs.NoSender);
        })));

        (await counter.Ask<int>("count", TimeSpan.FromSeconds(20))).ShouldBe(senders * each);
    }

    [Fact]
    public async Task An_actor_that_fails_while_it_is_made_is_stopped_by_default()
    {
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(SupervisorStrategy.DefaultStrategy)));
        var child = await supervisor.Ask<IActorRef>(Props.Create(() => new CannotStart()), TimeSpan.FromSeconds(5));

        Watch(child);

        ExpectTerminated(child);
    }

    [Fact]
    public async Task The_parent_learns_the_cause_of_a_failed_start()
    {
        var causes = CreateTestProbe();
        var strategy = new OneForOneStrategy(cause =>
        {
            causes.Ref.Tell(cause);
            return Directive.Stop;
        });
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(strategy)));

        await supervisor.Ask<IActorRef>(Props.Create(() => new CannotStart()), TimeSpan.FromSeconds(5));

        causes.ExpectMsg<ActorInitializationException>().GetBaseException().Message.ShouldBe("no luck");
    }

    [Fact]
    public async Task Kill_is_a_failure_that_stops_by_default()
    {
        var child = await ChildOfAsync(SupervisorStrategy.DefaultStrategy);
        Watch(child);

        child.Tell(Kill.Instance);

        FishForMessage<object>(m => m is Terminated);
    }

    [Fact]
    public async Task Children_stop_before_their_parent_does()
    {
        var parent = await ChildOfAsync(_ => Directive.Stop, "parent");
        var incarnations = new Incarnations();
        await parent.Ask<IActorRef>(Props.Create(() => new Talker(TestActor, "child", incarnations, null)), TimeSpan.FromSeconds(5));
        ReceiveN(2);

        parent.Tell(PoisonPill.Instance);

        ReceiveN(2).ShouldBe(["child1 PostStop", "parent1 PostStop"]);
    }

    [Fact]
    public async Task A_behaviour_taken_on_is_gone_after_a_restart()
    {
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(SupervisorStrategy.DefaultStrategy)));
        var child = await supervisor.Ask<IActorRef>(Props.Create(() => new Moody()), TimeSpan.FromSeconds(5));
        child.Tell("happy");
        child.Tell("mood?");
        ExpectMsg("happy");

        child.Tell(new BrokenException("pipe"));
        child.Tell("mood?");

        ExpectMsg("calm");
    }

    [Fact]
    public void Stacked_behaviours_come_off_one_by_one_and_the_last_stays()
    {
        var moody = Sys.ActorOf(Props.Create(() => new Moody()));

        foreach (var message in new[] { "push", "mood?", "pop", "mood?", "pop", "mood?" }) moody.Tell(message);

        ReceiveN(3).ShouldBe(["pushed", "calm", "calm"]);
    }

    [Fact]
    public void An_untyped_actor_takes_on_a_behaviour_too_and_may_stack_one_on_it()
    {
        var turnstile = Sys.ActorOf(Props.Create(() => new Turnstile()));

        foreach (var message in new[] { "coin", "repair", "push", "done", "push", "push" }) turnstile.Tell(message);

        ReceiveN(3).ShouldBe(["open", "through", "closed"]);
    }

    sealed class Turnstile : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is not "coin")
            {
                Sender.Tell("closed");
                return;
            }
            Sender.Tell("open");
            Become(Open);
        }

        void Open(object message)
        {
            if (message is "repair") BecomeStacked(Repaired);
            if (message is not "push") return;
            Become(OnReceive);
            Sender.Tell("through");
        }

        void Repaired(object message)
        {
            if (message is "done") UnbecomeStacked();
        }
    }

    Task<IActorRef> ChildOfAsync(Func<Exception, Directive> decide, string name = "a", SupervisorStrategy? own = null) =>
        ChildOfAsync(new OneForOneStrategy(decide), name, own);

    async Task<IActorRef> ChildOfAsync(SupervisorStrategy strategy, string name = "a", SupervisorStrategy? own = null)
    {
        var incarnations = new Incarnations();
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(strategy)));
        return await supervisor.Ask<IActorRef>(Props.Create(() => new Talker(TestActor, name, incarnations, own)), TimeSpan.FromSeconds(5));
    }

    sealed class CountsAndFails : ReceiveActor
    {
        int _count;

        public CountsAndFails()
        {
            Receive<int>(number =>
            {
                _count++;
                if (number % 10 == 0) throw new BrokenException("every tenth");
            });
            Receive<string>(_ => Sender.Tell(_count));
        }
    }

    sealed class CannotStart : ReceiveActor
    {
        protected override void PreStart() => throw new BrokenException("no luck");
    }

    sealed class Moody : ReceiveActor
    {
        public Moody() => Behave("calm");

        void Behave(string mood)
        {
            Receive<string>(m => m == "mood?", _ => Sender.Tell(mood));
            Receive<string>(m => m == "happy", _ => Become(() => Behave("happy")));
            Receive<string>(m => m == "push", _ => BecomeStacked(() => Behave("pushed")));
            Receive<string>(m => m == "pop", _ => UnbecomeStacked());
            Receive<Exception>(e => throw e);
        }
    }
}
