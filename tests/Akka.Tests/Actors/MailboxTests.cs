using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class MailboxTests : Akka.TestKit.Xunit2.TestKit
{
    [Fact]
    public void Messages_of_one_sender_arrive_in_the_order_they_were_told()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));

        for (var i = 0; i < 1000; i++) echo.Tell(i);

        ReceiveN(1000, TimeSpan.FromSeconds(10)).ShouldBe(Enumerable.Range(0, 1000).Cast<object>());
    }

    [Fact]
    public async Task Messages_of_many_senders_are_each_handled_once_and_in_their_senders_order()
    {
        const int senders = 8, each = 5_000;
        var collector = Sys.ActorOf(Props.Create(() => new Collector(senders * each, TestActor)));

        await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(() =>
        {
            for (var i = 0; i < each; i++) collector.Tell((sender, i), ActorRefs.NoSender);
        })));

        var handled = await ExpectMsgAsync<List<(int Sender, int Number)>>(TimeSpan.FromSeconds(20));
        foreach (var group in handled.GroupBy(m => m.Sender)) group.Select(m => m.Number).ShouldBe(Enumerable.Range(0, each));
    }

    [Fact]
    public void A_message_told_within_a_test_has_the_test_actor_as_its_sender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));

        echo.Tell("who?");

        ExpectMsgFrom(echo, "who?");
    }

    [Fact]
    public async Task The_test_actor_stays_the_sender_after_an_await()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));

        await Task.Yield();
        echo.Tell("still me");

        await ExpectMsgAsync("still me");
    }

    [Fact]
    public void A_forwarded_message_keeps_its_first_sender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));
        var forwarder = Sys.ActorOf(Props.Create(() => new Forwarder(echo)));

        forwarder.Tell("hello");

        ExpectMsgFrom(echo, "hello");
    }

    [Fact]
    public void A_message_told_without_a_sender_has_dead_letters_as_its_sender()
    {
        var teller = Sys.ActorOf(Props.Create(() => new TellsSender(TestActor)));

        teller.Tell("x", ActorRefs.NoSender);

        ExpectMsg<IActorRef>().ShouldBe(Sys.DeadLetters);
    }

    [Fact]
    public void What_nobody_handles_is_published_as_unhandled()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(UnhandledMessage));
        var picky = Sys.ActorOf(Props.Create(() => new TakesOnlyStrings()));

        picky.Tell(42);

        var unhandled = ExpectMsg<UnhandledMessage>();
        unhandled.Message.ShouldBe(42);
        unhandled.Recipient.ShouldBe(picky);
    }

    [Fact]
    public void A_name_can_be_taken_once_at_a_time()
    {
        Sys.ActorOf(Props.Create(() => new Echo()), "only");

        Should.Throw<InvalidActorNameException>(() => Sys.ActorOf(Props.Create(() => new Echo()), "only"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$dollar")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void A_name_must_fit_into_a_path(string name) =>
        Should.Throw<InvalidActorNameException>(() => Sys.ActorOf(Props.Create(() => new Echo()), name));

    [Fact]
    public void An_actor_cannot_be_made_with_new() => Should.Throw<ActorInitializationException>(() => MakeOutsideAsync());

    // The test's own thread counts as the test actor's, so the constructor has to run on another.
    static Task<Echo> MakeOutsideAsync() =>
        Task.Factory.StartNew(() => new Echo(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef to) => ReceiveAny(to.Forward);
    }

    sealed class TellsSender : ReceiveActor
    {
        public TellsSender(IActorRef to) => ReceiveAny(_ => to.Tell(Sender));
    }

    sealed class TakesOnlyStrings : ReceiveActor
    {
        public TakesOnlyStrings() => Receive<string>(_ => { });
    }

    sealed class Collector : ReceiveActor
    {
        readonly List<(int, int)> _seen = [];

        public Collector(int expected, IActorRef to) => Receive<(int, int)>(message =>
        {
            _seen.Add(message);
            if (_seen.Count == expected) to.Tell(_seen);
        });
    }
}
