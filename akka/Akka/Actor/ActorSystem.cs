using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A tree of actors with what they share: settings, scheduler, event stream.</summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    public abstract Settings Settings { get; }
    public abstract string Name { get; }
    public abstract EventStream EventStream { get; }

    /// <summary>Takes what nobody else did, and publishes it as <see cref="DeadLetter"/>.</summary>
    public abstract IActorRef DeadLetters { get; }
    public abstract ILoggingAdapter Log { get; }
    public abstract IScheduler Scheduler { get; }
    public abstract Task WhenTerminated { get; }
    public static ActorSystem Create(string name) => new ActorSystemImpl(name, null);
    public static ActorSystem Create(string name, Config config) => new ActorSystemImpl(name, config);
    public abstract IActorRef ActorOf(Props props, string? name = null);
    public abstract void Stop(IActorRef actor);

    /// <summary>Runs coordinated shutdown, which ends by stopping every actor.</summary>
    public abstract Task Terminate();
    public abstract void RegisterOnTermination(Action code);
    public abstract object RegisterExtension(IExtensionId extension);

    public void Dispose()
    {
        _ = Terminate();
        GC.SuppressFinalize(this);
    }
}

public abstract class ExtendedActorSystem : ActorSystem
{
    public abstract IActorRef SystemActorOf(Props props, string? name = null);
}
