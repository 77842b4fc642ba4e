using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class StashTests : Akka.TestKit.Xunit2.TestKit
{
    [Fact]
    public void What_is_unstashed_comes_before_all_that_waits_and_in_its_own_order()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Opening(TestActor)));

        foreach (var message in new object[] { 1, 2, 3, "open", 4 }) actor.Tell(message);

        ReceiveN(4).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void Unstash_takes_the_oldest_alone()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Opening(TestActor)));

        foreach (var message in new object[] { 1, 2, 3, "one" }) actor.Tell(message);

        ExpectMsg(1);
        ExpectNoMsg(100);
    }

    [Fact]
    public void A_stashed_message_keeps_its_sender()
    {
        var probe = CreateTestProbe();
        var actor = Sys.ActorOf(Props.Create(() => new Opening(TestActor)));

        actor.Tell(1, probe.Ref);
        actor.Tell("open");

        ExpectMsg(1);
        LastSender.ShouldBe(actor);
        probe.ExpectMsg("thanks for 1");
    }

    [Fact]
    public void A_restart_gives_the_stash_back_ahead_of_the_mail()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Opening(TestActor)));

        foreach (var message in new object[] { 1, 2, new BrokenException("pipe"), "open", 3 }) actor.Tell(message);

        // After the restart 1 and 2 are read again, stashed again, and opened before 3.
        ReceiveN(3).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void A_message_cannot_be_stashed_twice()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Opening(TestActor)));

        actor.Tell("twice");

        ExpectMsg<IllegalActorStateException>();
    }

    sealed class Opening : ReceiveActor, IWithUnboundedStash
    {
        readonly IActorRef _to;

        public Opening(IActorRef to)
        {
            _to = to;
            Receive<int>(_ => Stash.Stash());
            Receive<Exception>(e => throw e);
            Receive<string>(m => m == "open", _ =>
            {
                Become(Open);
                Stash.UnstashAll();
            });
            Receive<string>(m => m == "one", _ =>
            {
                Become(Open);
                Stash.Unstash();
            });
            Receive<string>(m => m == "twice", _ =>
            {
                Stash.Stash();
                try
                {
                    Stash.Stash();
                }
                catch (IllegalActorStateException refusal)
                {
                    _to.Tell(refusal);
                }
            });
        }

        public IStash Stash { get; set; } = null!;

        void Open() => Receive<int>(number =>
        {
            _to.Tell(number);
            if (!Sender.Equals(_to)) Sender.Tell($"thanks for {number}");
        });
    }
}
