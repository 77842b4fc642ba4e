using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class DeathWatchTests : Akka.TestKit.Xunit2.TestKit
{
    readonly IActorRef _subject;
    readonly IActorRef _watcher;

    public DeathWatchTests()
    {
        _subject = Sys.ActorOf(Props.Create(() => new Quiet()));
        _watcher = Sys.ActorOf(Props.Create(() => new Watcher(TestActor)));
    }

    [Fact]
    public void A_watcher_is_told_of_the_end_once()
    {
        _watcher.Tell(new Start(_subject));
        _watcher.Tell(new Start(_subject));
        ExpectMsg("done");
        ExpectMsg("done");

        Sys.Stop(_subject);

        ExpectMsg(("ended", _subject));
        ExpectNoMsg(100);
    }

    [Fact]
    public void One_that_has_ended_before_is_told_of_too()
    {
        Watch(_subject);
        Sys.Stop(_subject);
        ExpectTerminated(_subject);

        _watcher.Tell(new Start(_subject));

        ExpectMsg("done");
        ExpectMsg(("ended", _subject));
    }

    [Fact]
    public void WatchWith_sends_its_own_message()
    {
        _watcher.Tell(new Start(_subject, "gone"));
        ExpectMsg("done");

        Sys.Stop(_subject);

        ExpectMsg("gone");
    }

    [Fact]
    public void Who_unwatches_is_not_told()
    {
        _watcher.Tell(new Start(_subject));
        _watcher.Tell(new End(_subject));
        ExpectMsg("done");
        ExpectMsg("done");

        Sys.Stop(_subject);

        ExpectNoMsg(100);
    }

    [Fact]
    public void A_watcher_that_does_not_handle_the_end_fails()
    {
        var careless = Sys.ActorOf(Props.Create(() => new Careless(_subject)));
        Watch(careless);

        EventFilter.Exception<DeathPactException>().ExpectOne(() => Sys.Stop(_subject));

        ExpectTerminated(careless);
    }

    [Fact]
    public void A_parent_is_told_of_a_child_only_after_the_name_is_free_again()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Renewing(TestActor)));

        for (var i = 0; i < 20; i++)
        {
            var child = ExpectMsg<IActorRef>();
            Sys.Stop(child);
        }

        parent.Tell(PoisonPill.Instance);
        Watch(parent);
        FishForMessage<object>(m => m is Terminated);
    }

    sealed record Start(IActorRef Subject, object? Message = null);

    sealed record End(IActorRef Subject);

    sealed class Quiet : ReceiveActor;

    sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef to)
        {
            Receive<Start>(start =>
            {
                if (start.Message is null) Context.Watch(start.Subject);
                else Context.WatchWith(start.Subject, start.Message);
                to.Tell("done");
            });
            Receive<End>(end =>
            {
                Context.Unwatch(end.Subject);
                to.Tell("done");
            });
            Receive<Terminated>(end => to.Tell(("ended", end.ActorRef)));
            ReceiveAny(to.Tell);
        }
    }

    sealed class Careless : ReceiveActor
    {
        public Careless(IActorRef subject) => Context.Watch(subject);
    }

    sealed class Renewing : ReceiveActor
    {
        readonly IActorRef _to;

        public Renewing(IActorRef to)
        {
            _to = to;
            Receive<Terminated>(_ => Renew());
        }

        protected override void PreStart() => Renew();

        void Renew() => _to.Tell(Context.Watch(Context.ActorOf(Props.Create(() => new Quiet()), "child")));
    }
}
