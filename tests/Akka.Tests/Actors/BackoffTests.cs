using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class BackoffTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly TimeSpan s_min = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    readonly Incarnations _incarnations = new();
    readonly Props _child;

    public BackoffTests() => _child = Props.Create(() => new Talker(TestActor, "a", _incarnations, null));

    [Fact]
    public async Task Each_failure_in_a_row_waits_twice_as_long()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnFailure(_child, "child", s_min, TimeSpan.FromSeconds(20), 0, -1).WithManualReset()));
        await ExpectMsgAsync("a1 PreStart");
        var waits = new List<TimeSpan>();

        for (var i = 1; i <= 4; i++)
        {
            var failed = Now;
            supervisor.Tell(new BrokenException("pipe"));
            await FishForMessageAsync<string>(m => m == $"a{i + 1} PreStart", s_limit);
            waits.Add(Now - failed);
        }

        for (var i = 0; i < 4; i++) waits[i].ShouldBeGreaterThanOrEqualTo((s_min * Math.Pow(2, i)) - TimeSpan.FromMilliseconds(15));
        (await CountAsync(supervisor)).ShouldBe(4);
    }

    [Fact]
    public async Task The_wait_grows_no_longer_than_the_most_allowed()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnFailure(_child, "child", s_min, s_min * 1.5, 0, -1).WithManualReset()));

        for (var i = 1; i <= 5; i++)
        {
            await FishForMessageAsync<string>(m => m == $"a{i} PreStart", TimeSpan.FromSeconds(3));
            supervisor.Tell(new BrokenException("pipe"));
        }
    }

    [Fact]
    public async Task Living_long_enough_forgets_the_failures()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnFailure(_child, "child", s_min, s_limit, 0, -1).WithAutoReset(TimeSpan.FromMilliseconds(300))));
        supervisor.Tell(new BrokenException("pipe"));
        await FishForMessageAsync<string>(m => m == "a2 PreStart", s_limit);

        await AwaitConditionAsync(async () => await CountAsync(supervisor) == 0, s_limit);
    }

    [Fact]
    public async Task Reset_forgets_the_failures()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnFailure(_child, "child", s_min, s_limit, 0, -1).WithManualReset()));
        supervisor.Tell(new BrokenException("pipe"));
        await FishForMessageAsync<string>(m => m == "a2 PreStart", s_limit);
        (await CountAsync(supervisor)).ShouldBe(1);

        supervisor.Tell(BackoffSupervisor.Reset.Instance);

        (await CountAsync(supervisor)).ShouldBe(0);
    }

    [Fact]
    public async Task OnStop_starts_again_a_child_that_stopped_and_OnFailure_stops_with_it()
    {
        var onStop = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnStop(_child, "child", s_min, s_limit, 0, -1)));
        await ExpectMsgAsync("a1 PreStart");
        Sys.Stop(await ChildAsync(onStop));
        await FishForMessageAsync<string>(m => m == "a2 PreStart", s_limit);

        var onFailure = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnFailure(_child, "child", s_min, s_limit, 0, -1)));
        await FishForMessageAsync<string>(m => m == "a3 PreStart", s_limit);
        await WatchAsync(onFailure);
        Sys.Stop(await ChildAsync(onFailure));

        await FishForMessageAsync<Terminated>(t => t.ActorRef.Equals(onFailure), s_limit);
    }

    [Fact]
    public async Task After_the_last_retry_the_supervisor_stops()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnFailure(_child, "child", s_min, s_limit, 0, 1).WithManualReset()));
        await WatchAsync(supervisor);
        supervisor.Tell(new BrokenException("first"));
        await FishForMessageAsync<string>(m => m == "a2 PreStart", s_limit);

        supervisor.Tell(new BrokenException("second"));

        await FishForMessageAsync<Terminated>(t => t.ActorRef.Equals(supervisor), s_limit);
    }

    [Fact]
    public async Task While_the_child_is_down_messages_go_to_dead_letters_or_get_the_reply()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var silent = Sys.ActorOf(BackoffSupervisor.Props(Backoff.OnStop(_child, "child", s_limit, s_limit, 0, -1)));
        var replying = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(_child, "child", s_limit, s_limit, 0, -1).WithReplyWhileStopped("down")));
        foreach (var supervisor in new[] { silent, replying })
        {
            Sys.Stop(await ChildAsync(supervisor));
            await AwaitConditionAsync(async () => (await supervisor.Ask<BackoffSupervisor.CurrentChild>(
                BackoffSupervisor.GetCurrentChild.Instance, s_limit)).Ref is null or Nobody);
        }

        silent.Tell("lost");
        await FishForMessageAsync<DeadLetter>(l => l.Message.Equals("lost"));

        replying.Tell("question");
        await FishForMessageAsync<string>(m => m == "down");
    }

    [Fact]
    public async Task After_its_final_message_a_child_is_not_started_again()
    {
        var supervisor = Sys.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(_child, "child", s_min, s_limit, 0, -1).WithFinalStopMessage(m => m is "last")));
        await WatchAsync(supervisor);
        supervisor.Tell("last");
        await FishForMessageAsync<string>(m => m == "a1 got last");

        Sys.Stop(await ChildAsync(supervisor));

        await FishForMessageAsync<Terminated>(t => t.ActorRef.Equals(supervisor), s_limit);
    }

    static async Task<IActorRef> ChildAsync(IActorRef supervisor) =>
        (await supervisor.Ask<BackoffSupervisor.CurrentChild>(BackoffSupervisor.GetCurrentChild.Instance, s_limit)).Ref;

    static async Task<int> CountAsync(IActorRef supervisor) =>
        (await supervisor.Ask<BackoffSupervisor.RestartCount>(BackoffSupervisor.GetRestartCount.Instance, s_limit)).Count;
}
