using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Ends a system in phases: the tasks of one phase run together, and each phase waits for those it depends on. Phases, their order and
/// their timeouts come from akka.coordinated-shutdown; the last one stops the actors.
/// </summary>
public sealed class CoordinatedShutdown : IExtension
{
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";
    public const string PhaseServiceUnbind = "service-unbind";
    public const string PhaseServiceRequestsDone = "service-requests-done";
    public const string PhaseServiceStop = "service-stop";
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
    public const string PhaseActorSystemTerminate = "actor-system-terminate";
    readonly Lock _lock = new();
    readonly Dictionary<string, Phase> _phases;
    readonly IReadOnlyList<string> _ordered;
    readonly TaskCompletionSource<Done> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ILoggingAdapter _log;
    ImmutableList<(string Phase, string Name, Func<Task<Done>> Run)> _tasks = [];
    Reason? _reason;

    internal CoordinatedShutdown(ActorSystemImpl system)
    {
        System = system;
        _log = Logging.GetLogger(system, this);
        var config = system.Settings.Config.GetConfig("akka.coordinated-shutdown")!;
        var defaultTimeout = config.GetTimeSpan("default-phase-timeout");
        var phases = config.GetConfig("phases")!;
        _phases = phases.Root.GetObject()!.Items.Keys.ToDictionary(name => name, name => new Phase(
            phases.GetStringList($"{name}.depends-on"),
            phases.GetTimeSpan($"{name}.timeout", defaultTimeout, allowInfinite: false),
            phases.GetBoolean($"{name}.recover", true)));
        _ordered = InOrder();
        if (system.Settings.CoordinatedShutdownTerminateActorSystem)
        {
            AddTask(PhaseActorSystemTerminate, "terminate-system", async () =>
            {
                await system.FinalTerminate().ConfigureAwait(false);
                return Done.Instance;
            });
        }
        if (config.GetBoolean("run-by-clr-shutdown-hook")) RunAtProcessExit();
    }

    public ExtendedActorSystem System { get; }

    /// <summary>Null until a run was started.</summary>
    public Reason? ShutdownReason => _reason;
    public TimeSpan TotalTimeout => _tasks.Select(t => t.Phase).Distinct().Aggregate(TimeSpan.Zero, (sum, phase) => sum + Timeout(phase));
    public static CoordinatedShutdown Get(ActorSystem sys) => sys.WithExtension<CoordinatedShutdown, CoordinatedShutdownExtension>();

    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        if (!_phases.ContainsKey(phase))
        {
            throw new ConfigurationException($"Unknown phase [{phase}], known phases [{string.Join(',', _phases.Keys)}]. "
                + "All phases (along with their optional dependencies) must be defined in configuration.");
        }
        lock (_lock) _tasks = _tasks.Add((phase, taskName, task));
    }

    public TimeSpan Timeout(string phase) => _phases.TryGetValue(phase, out var known)
        ? known.Timeout
        : throw new ArgumentException($"Unknown phase [{phase}]. All phases must be defined in configuration.");

    /// <summary>Runs the phases once; who calls again gets the same task.</summary>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        lock (_lock)
        {
            if (_reason is not null) return _done.Task;
            _reason = reason;
        }
        _ = RunPhasesAsync(fromPhase);
        return _done.Task;
    }

    async Task RunPhasesAsync(string? fromPhase)
    {
        try
        {
            var phases = fromPhase is null ? _ordered : _ordered.SkipWhile(p => p != fromPhase);
            foreach (var name in phases) await RunPhaseAsync(name).ConfigureAwait(false);
            _done.SetResult(Done.Instance);
        }
        catch (Exception fault)
        {
            _done.SetException(fault);
        }
    }

    async Task RunPhaseAsync(string name)
    {
        var phase = _phases[name];
        var tasks = _tasks.Where(t => t.Phase == name).ToArray();
        if (tasks.Length == 0) return;
        _log.Debug("Performing phase [{0}] with [{1}] tasks: [{2}]", name, tasks.Length, string.Join(',', tasks.Select(t => t.Name)));
        var work = Task.WhenAll(tasks.Select(t => RunTaskAsync(name, phase, t.Name, t.Run)));
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timeout = new Cancelable(System.Scheduler);
        System.Scheduler.Advanced.ScheduleOnce(phase.Timeout, late.SetResult, timeout);
        var first = await Task.WhenAny(work, late.Task).ConfigureAwait(false);
        timeout.Cancel();
        if (first == work)
        {
            await work.ConfigureAwait(false);
            return;
        }
        if (!phase.Recover) throw new TimeoutException($"Coordinated shutdown phase[{name}] timed out after {phase.Timeout}");
        _log.Warning("Coordinated shutdown phase [{0}] timed out after {1}", name, phase.Timeout);
    }

    async Task RunTaskAsync(string phaseName, Phase phase, string taskName, Func<Task<Done>> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception fault) when (phase.Recover)
        {
            _log.Warning("Task [{0}] failed in phase [{1}]: {2}", taskName, phaseName, fault.Message);
        }
    }

    void RunAtProcessExit()
    {
        EventHandler atExit = (_, _) =>
        {
            _log.Info("Starting coordinated shutdown from CLR termination hook.");
            // The process ends when this returns, so it has to wait here.
            Run(ClrExitReason.Instance).Wait(TotalTimeout);
        };
        AppDomain.CurrentDomain.ProcessExit += atExit;
        System.RegisterOnTermination(() => AppDomain.CurrentDomain.ProcessExit -= atExit);
    }

    /// <summary>Each phase after all that it depends on.</summary>
    List<string> InOrder()
    {
        var ordered = new List<string>();
        var underway = new HashSet<string>();
        foreach (var name in _phases.Keys) Visit(name);
        return ordered;

        void Visit(string name)
        {
            if (ordered.Contains(name)) return;
            if (!underway.Add(name)) throw new ArgumentException($"Cycle detected in graph of phases: phase [{name}] depends on itself.");
            if (_phases.TryGetValue(name, out var phase))
            {
                foreach (var before in phase.DependsOn) Visit(before);
            }
            else
            {
                throw new ConfigurationException(
                    $"akka.coordinated-shutdown.phases names [{name}] in a depends-on, but has no such phase.");
            }
            ordered.Add(name);
        }
    }

    sealed record Phase(IList<string> DependsOn, TimeSpan Timeout, bool Recover);

    /// <summary>Why a shutdown was started.</summary>
    public class Reason
    {
        protected Reason() { }
    }

    public class UnknownReason : Reason
    {
        public static readonly Reason Instance = new UnknownReason();

        UnknownReason() { }
    }

    public class ActorSystemTerminateReason : Reason
    {
        public static readonly Reason Instance = new ActorSystemTerminateReason();

        ActorSystemTerminateReason() { }
    }

    public class ClrExitReason : Reason
    {
        public static readonly Reason Instance = new ClrExitReason();

        ClrExitReason() { }
    }
}

public sealed class CoordinatedShutdownExtension : ExtensionIdProvider<CoordinatedShutdown>
{
    public override CoordinatedShutdown CreateExtension(ExtendedActorSystem system) => new((ActorSystemImpl)system);
}
