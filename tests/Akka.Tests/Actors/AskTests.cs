using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class AskTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly TimeSpan s_long = TimeSpan.FromSeconds(10);
    static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    readonly IActorRef _answering;

    public AskTests() => _answering = Sys.ActorOf(Props.Create(() => new Answering()));

    [Fact]
    public async Task The_first_answer_is_the_asks_result() => (await _answering.Ask<int>("twice", s_long)).ShouldBe(1);

    [Fact]
    public async Task Without_an_answer_an_ask_times_out() =>
        await Should.ThrowAsync<AskTimeoutException>(_answering.Ask<string>("silence", s_short));

    [Fact]
    public async Task An_ask_of_one_who_is_dead_times_out()
    {
        (await _answering.GracefulStop(s_long)).ShouldBeTrue();

        await Should.ThrowAsync<AskTimeoutException>(_answering.Ask<string>("twice", s_short));
    }

    [Fact]
    public async Task A_failure_as_answer_fails_the_ask_with_its_cause() =>
        (await Should.ThrowAsync<BrokenException>(_answering.Ask<string>("failure", s_long))).Message.ShouldBe("as told");

    [Fact]
    public async Task An_ask_for_anything_gets_even_a_failure_as_its_answer() =>
        (await _answering.Ask<object>("failure", s_long)).ShouldBeOfType<Status.Failure>().Cause.ShouldBeOfType<BrokenException>();

    [Fact]
    public async Task An_answer_of_another_type_fails_the_ask() =>
        await Should.ThrowAsync<ArgumentException>(_answering.Ask<string>("twice", s_long));

    [Fact]
    public async Task A_token_cancels_an_ask()
    {
        using var source = new CancellationTokenSource();
        var ask = _answering.Ask<string>("silence", s_long, source.Token);

        await source.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(ask);
    }

    [Fact]
    public async Task Asks_at_once_get_each_its_own_answer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => _answering.Ask<int>(i, s_long)));

        answers.ShouldBe(Enumerable.Range(0, 10_000));
    }

    [Fact]
    public async Task A_late_answer_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Event.DeadLetter));
        var ask = _answering.Ask<string>("late", s_short);

        await Should.ThrowAsync<AskTimeoutException>(ask);
        _answering.Tell("answer now");

        (await FishForMessageAsync<Event.DeadLetter>(l => l.Message is "too late")).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_follows_an_ask_does_not_hold_up_the_actor_that_answered() => await Task.Run(async () =>
    {
        await _answering.Ask<int>(1, s_long);
        using var answered = new ManualResetEventSlim();
        var second = _answering.Ask<int>(2, s_long).ContinueWith(_ => answered.Set(), TaskScheduler.Default);

        // Were this still the actor's own thread, the second answer could never come.
        answered.Wait(s_long).ShouldBeTrue();

        await second;
    });

    [Fact]
    public async Task GracefulStop_waits_for_the_end_and_says_so()
    {
        var probe = CreateTestProbe();

        (await probe.Ref.GracefulStop(s_long)).ShouldBeTrue();
        (await probe.Ref.GracefulStop(s_long)).ShouldBeTrue("one that is dead already has stopped");
    }

    [Fact]
    public async Task GracefulStop_gives_up_on_an_actor_that_goes_on()
    {
        (await _answering.GracefulStop(s_short, "silence")).ShouldBeFalse();
    }

    sealed class Answering : ReceiveActor
    {
        public Answering()
        {
            IActorRef? late = null;
            Receive<int>(number => Sender.Tell(number));
            Receive<string>(m => m == "silence", _ => { });
            Receive<string>(m => m == "late", _ => late = Sender);
            Receive<string>(m => m == "answer now", _ => late!.Tell("too late"));
            Receive<string>(m => m == "failure", _ => Sender.Tell(new Status.Failure(new BrokenException("as told"))));
            Receive<string>(m => m == "twice", _ =>
            {
                Sender.Tell(1);
                Sender.Tell(2);
            });
        }
    }
}
