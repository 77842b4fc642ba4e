using Akka.Actor;
using Akka.Pattern;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.AkkaContract;

/// <summary>Behaviour of Akka.NET's actors that the program relies on, and that another version could change.</summary>
[Trait("Category", "Unit")]
public sealed class ActorContractTests : ActorTest
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_failure_reply_is_thrown_by_Ask()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Answering(new Status.Failure(new FormatException("not that")))));

        (await Should.ThrowAsync<FormatException>(actor.Ask<string>("?", Soon))).Message.ShouldBe("not that");
        await Should.ThrowAsync<FormatException>(actor.Ask<object>("?", Soon));
    }

    [Fact]
    public async Task An_unanswered_Ask_times_out()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Answering(null)));

        await Should.ThrowAsync<AskTimeoutException>(actor.Ask<string>("?", TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task During_backoff_the_supervisor_replies_and_afterwards_the_new_actor()
    {
        var options = Backoff.OnFailure(Props.Create(() => new Failing()), "child", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), 0, -1)
            .WithReplyWhileStopped("paused");
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(options));
        (await supervisor.Ask<string>("hello", Soon)).ShouldBe("hello");

        supervisor.Tell("fail");

        // Messages that reach the child between its failure and its stop are lost with it.
        var answers = new List<string>();
        await Eventually.TrueAsync(async () =>
        {
            answers.Add(await AnswerAsync(supervisor));
            return answers.Contains("paused") && answers[^1] == "again";
        });
    }

    static async Task<string> AnswerAsync(IActorRef supervisor)
    {
        try
        {
            return await supervisor.Ask<string>("again", TimeSpan.FromSeconds(1));
        }
        catch (AskTimeoutException)
        {
            return "lost";
        }
    }

    sealed class Answering : ReceiveActor
    {
        public Answering(object? answer) => Receive<string>(_ =>
        {
            if (answer is not null)
                Sender.Tell(answer);
        });
    }

    sealed class Failing : ReceiveActor
    {
        public Failing() => Receive<string>(text =>
        {
            if (text == "fail")
                throw new InvalidOperationException("as it was told");
            Sender.Tell(text);
        });
    }
}
