using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Streams.Implementation;

namespace Akka.Streams;

/// <summary>Makes blueprints run.</summary>
public interface IMaterializer
{
    TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable);

    TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable, Attributes initialAttributes);

    ICancelable ScheduleOnce(TimeSpan delay, Action action);
}

/// <summary>Runs streams until it is shut down, or the system or actor it was made for stops; what still runs then ends abruptly.</summary>
public sealed class ActorMaterializer : IMaterializer, IDisposable
{
    readonly ConcurrentDictionary<Island, bool> _running = new();
    readonly Attributes _attributes;

    ActorMaterializer(IActorRefFactory owner, ActorMaterializerSettings? settings)
    {
        System = owner as ActorSystem ?? ((IActorContext)owner).System;
        Settings = settings ?? ActorMaterializerSettings.Create(System);
        Logger = Logging.GetLogger(System, this);
        _attributes = new Attributes(new ActorAttributes.SupervisionStrategy(Settings.SupervisionDecider));
        var props = Props.Create(() => new StreamSupervisor(this));
        Supervisor = owner is ExtendedActorSystem system ? system.SystemActorOf(props) : owner.ActorOf(props);
    }

    public ActorSystem System { get; }

    public ActorMaterializerSettings Settings { get; }

    public ILoggingAdapter Logger { get; }

    public IActorRef Supervisor { get; }

    public bool IsShutdown { get; private set; }

    internal TimeSpan Clock => System.Scheduler.HighResMonotonicClock;

    public static ActorMaterializer Create(
        IActorRefFactory context, ActorMaterializerSettings? settings = null, string? namePrefix = null) => new(context, settings);

    public TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable) => Materialize(runnable, Attributes.None);

    public TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable, Attributes initialAttributes)
    {
        ThrowIfShutDown();
        var island = new Island(this);
        var materialized = runnable.Build(new Materialization(island, this, _attributes.And(initialAttributes)), new Ports());
        _running[island] = true;
        island.Start();
        // A shutdown at the same time may have passed by before the island was on the list.
        if (IsShutdown) island.Abort(new AbruptTerminationException(Supervisor));
        return materialized;
    }

    public ICancelable ScheduleOnce(TimeSpan delay, Action action) => System.Scheduler.Advanced.ScheduleOnceCancelable(delay, action);

    public void Shutdown()
    {
        StopStreams();
        System.Stop(Supervisor);
    }

    public void Dispose() => Shutdown();

    internal void Forget(Island island) => _running.TryRemove(island, out _);

    void StopStreams()
    {
        IsShutdown = true;
        foreach (var island in _running.Keys) island.Abort(new AbruptTerminationException(Supervisor));
    }

    void ThrowIfShutDown()
    {
        if (IsShutdown) throw new IllegalStateException("Trying to materialize stream after materializer has been shutdown");
    }

    /// <summary>Stops with what the materializer was made for, and takes its streams along.</summary>
    sealed class StreamSupervisor(ActorMaterializer materializer) : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);

        protected override void PostStop() => materializer.StopStreams();
    }
}

public static class ActorMaterializerExtensions
{
    public static ActorMaterializer Materializer(
        this IActorRefFactory context, ActorMaterializerSettings? settings = null, string? namePrefix = null) =>
        ActorMaterializer.Create(context, settings, namePrefix);
}

public sealed class ActorMaterializerSettings
{
    public readonly int InitialInputBufferSize;
    public readonly int MaxInputBufferSize;
    public readonly Supervision.Decider SupervisionDecider;

    ActorMaterializerSettings(int initial, int max, Supervision.Decider decider) =>
        (InitialInputBufferSize, MaxInputBufferSize, SupervisionDecider) = (initial, max, decider);

    public static ActorMaterializerSettings Create(ActorSystem system) => new(4, 16, Supervision.Deciders.StoppingDecider);

    public ActorMaterializerSettings WithSupervisionStrategy(Supervision.Decider decider) =>
        new(InitialInputBufferSize, MaxInputBufferSize, decider);
}
