using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Shouldly;
using Xunit;

namespace Akka.Tests.Actors;

public sealed class CoordinatedShutdownTests : IAsyncLifetime
{
    readonly ConcurrentQueue<string> _ran = new();
    readonly ActorSystem _system = ActorSystem.Create("ending", """
        akka {
          loglevel = OFF, stdout-loglevel = OFF
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            phases {
              service-stop.timeout = 100ms
              strict { depends-on = [before-service-unbind], timeout = 100ms, recover = off }
            }
          }
        }
        """);

    public Task InitializeAsync() => Task.CompletedTask;

    // A failed run has failed for whoever terminates the system too.
    public async Task DisposeAsync() => await Task.WhenAny(_system.Terminate()).WaitAsync(TimeSpan.FromSeconds(20));

    [Fact]
    public async Task Phases_run_in_the_order_of_their_dependencies_and_the_last_one_ends_the_system()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        Note(shutdown, CoordinatedShutdown.PhaseBeforeActorSystemTerminate);
        Note(shutdown, CoordinatedShutdown.PhaseServiceUnbind);
        Note(shutdown, CoordinatedShutdown.PhaseBeforeServiceUnbind);
        Note(shutdown, CoordinatedShutdown.PhaseServiceRequestsDone);

        await shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);

        _ran.ShouldBe([
            CoordinatedShutdown.PhaseBeforeServiceUnbind,
            CoordinatedShutdown.PhaseServiceUnbind,
            CoordinatedShutdown.PhaseServiceRequestsDone,
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate]);
        _system.WhenTerminated.IsCompletedSuccessfully.ShouldBeTrue();
        shutdown.ShutdownReason.ShouldBeOfType<CoordinatedShutdown.UnknownReason>();
    }

    [Fact]
    public async Task Terminating_the_system_runs_the_phases_first()
    {
        Note(CoordinatedShutdown.Get(_system), CoordinatedShutdown.PhaseServiceUnbind);

        await _system.Terminate();

        _ran.ShouldBe([CoordinatedShutdown.PhaseServiceUnbind]);
        CoordinatedShutdown.Get(_system).ShutdownReason.ShouldBeOfType<CoordinatedShutdown.ActorSystemTerminateReason>();
    }

    [Fact]
    public async Task Tasks_of_one_phase_run_side_by_side()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        var met = new TaskCompletionSource();
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "waits", async () =>
        {
            await met.Task;
            _ran.Enqueue("met");
            return Done.Instance;
        });
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "comes", () =>
        {
            met.SetResult();
            return Task.FromResult(Done.Instance);
        });

        await shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);

        _ran.ShouldBe(["met"]);
    }

    [Fact]
    public async Task A_phase_that_is_late_or_fails_does_not_stop_the_next()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "fails", () => throw new BrokenException("pipe"));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "hangs", () => new TaskCompletionSource<Done>().Task);
        Note(shutdown, CoordinatedShutdown.PhaseBeforeActorSystemTerminate);

        await shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);

        _ran.ShouldBe([CoordinatedShutdown.PhaseBeforeActorSystemTerminate]);
    }

    [Fact]
    public async Task A_phase_without_recovery_that_fails_fails_the_run()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        shutdown.AddTask("strict", "fails", () => Task.FromException<Done>(new BrokenException("pipe")));

        var fault = await Should.ThrowAsync<Exception>(shutdown.Run(CoordinatedShutdown.UnknownReason.Instance));

        fault.GetBaseException().ShouldBeOfType<BrokenException>();
    }

    [Fact]
    public async Task A_second_run_is_the_first()
    {
        var shutdown = CoordinatedShutdown.Get(_system);
        Note(shutdown, CoordinatedShutdown.PhaseServiceUnbind);

        await Task.WhenAll(
            shutdown.Run(CoordinatedShutdown.UnknownReason.Instance), shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance));

        _ran.Count.ShouldBe(1);
        shutdown.ShutdownReason.ShouldBeOfType<CoordinatedShutdown.UnknownReason>();
    }

    [Fact]
    public void A_phase_has_to_be_known() => Should.Throw<ConfigurationException>(
        () => CoordinatedShutdown.Get(_system).AddTask("no-such-phase", "task", () => Task.FromResult(Done.Instance)));

    [Fact]
    public async Task Actors_have_stopped_when_a_system_has_terminated()
    {
        var stopped = new TaskCompletionSource();
        _system.ActorOf(Props.Create(() => new Ending(stopped)));
        _system.RegisterOnTermination(() => _ran.Enqueue("callback"));

        await _system.Terminate();

        stopped.Task.IsCompleted.ShouldBeTrue();
        _ran.ShouldBe(["callback"]);
    }

    void Note(CoordinatedShutdown shutdown, string phase) => shutdown.AddTask(phase, "note", () =>
    {
        _ran.Enqueue(phase);
        return Task.FromResult(Done.Instance);
    });

    sealed class Ending(TaskCompletionSource stopped) : ReceiveActor
    {
        protected override void PostStop() => stopped.SetResult();
    }
}
