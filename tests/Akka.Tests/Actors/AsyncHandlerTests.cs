using Akka.Actor;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class AsyncHandlerTests : Akka.TestKit.Xunit2.TestKit
{
    [Fact]
    public void The_next_message_waits_until_the_handler_is_done()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = Sys.ActorOf(Props.Create(() => new Waiting(TestActor)));

        actor.Tell(gate.Task);
        actor.Tell("next");

        ExpectMsg("begun");
        ExpectNoMsg(100);
        gate.SetResult();
        ExpectMsg("resumed as itself");
        ExpectMsg("next");
    }

    [Fact]
    public async Task After_an_await_the_sender_and_the_context_are_still_those_of_the_message()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Waiting(TestActor)));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => actor.Ask<int>(i, TimeSpan.FromSeconds(10))));

        answers.ShouldBe(Enumerable.Range(0, 200));
    }

    [Fact]
    public void A_handler_that_fails_after_an_await_restarts_the_actor()
    {
        var incarnations = new Incarnations();
        var actor = Sys.ActorOf(Props.Create(() => new FailsLater(TestActor, incarnations)));

        actor.Tell("fail");
        actor.Tell("hello");

        ExpectMsg("2: hello");
    }

    [Fact]
    public async Task PipeTo_sends_the_result_the_mapped_result_or_the_failure()
    {
        await Task.FromResult(1).PipeTo(TestActor);
        ExpectMsg(1);

        await Task.FromResult(2).PipeTo(TestActor, success: number => $"got {number}");
        ExpectMsg("got 2");

        await Task.CompletedTask.PipeTo(TestActor, success: () => "done");
        ExpectMsg("done");

        await Task.FromException<int>(new BrokenException("pipe")).PipeTo(TestActor);
        ExpectMsg<Status.Failure>().Cause.GetBaseException().ShouldBeOfType<BrokenException>();

        await Task.FromException<int>(new BrokenException("pipe")).PipeTo(TestActor, failure: cause => cause.GetBaseException().Message);
        ExpectMsg("pipe");
    }

    [Fact]
    public async Task PipeTo_sends_in_the_name_it_is_given()
    {
        var probe = CreateTestProbe();

        await Task.FromResult("x").PipeTo(TestActor, probe.Ref);

        ExpectMsgFrom(probe.Ref, "x");
    }

    sealed class Waiting : ReceiveActor
    {
        public Waiting(IActorRef to)
        {
            ReceiveAsync<Task>(async gate =>
            {
                var self = Self;
                to.Tell("begun");
                await gate;
                to.Tell(Context.Self.Equals(self) ? "resumed as itself" : "resumed as another");
            });
            ReceiveAsync<int>(async number =>
            {
                await Task.Yield();
                await Task.Delay(1);
                Sender.Tell(number);
            });
            ReceiveAny(to.Tell);
        }
    }

    sealed class FailsLater : ReceiveActor
    {
        public FailsLater(IActorRef to, Incarnations incarnations)
        {
            var incarnation = incarnations.Next();
            ReceiveAsync<string>(message => message == "fail", async _ =>
            {
                await Task.Yield();
                throw new BrokenException("later");
            });
            Receive<string>(message => to.Tell($"{incarnation}: {message}"));
        }
    }
}
