using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

internal sealed class ActorSystemImpl : ExtendedActorSystem
{
    readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ConcurrentStack<Action> _onTermination = new();
    readonly LocalActorRef _user;
    readonly LocalActorRef _system;
    readonly IScheduler _scheduler;
    long _uid;

    internal ActorSystemImpl(string name, Config? config)
    {
        Name = name;
        Settings = new Settings(this, config!);
        EventStream.SetLogLevel(Logging.LogLevelFor(Settings.LogLevel));
        Log = Logging.GetLogger(this, this);
        _scheduler = MakeScheduler();
        var root = new RootRef(this, new ActorPath(new Address("akka", name), ""));
        DeadLetters = new DeadLetterRef(this, root.Path / "deadLetters");
        _system = Guardian("system", root);
        _user = Guardian("user", root);
        Loggers.Start(this);
        CoordinatedShutdown.Get(this);
    }

    public override Settings Settings { get; }
    public override string Name { get; }
    public override EventStream EventStream { get; } = new();
    public override IActorRef DeadLetters { get; }
    public override ILoggingAdapter Log { get; }
    public override IScheduler Scheduler => _scheduler;
    public override Task WhenTerminated => _terminated.Task;
    internal bool IsTerminating { get; private set; }
    internal IActorRef User => _user;
    public override IActorRef ActorOf(Props props, string? name = null) => _user.Cell.ActorOf(props, name);
    public override IActorRef SystemActorOf(Props props, string? name = null) => _system.Cell.ActorOf(props, name);
    public override void Stop(IActorRef actor) => ((IInternalActorRef)actor).SendSystemMessage(new Terminate());

    public override Task Terminate() => Settings.CoordinatedShutdownRunByActorSystemTerminate
        ? CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance)
        : FinalTerminate();

    public override void RegisterOnTermination(Action code) => _onTermination.Push(code);

    public override object RegisterExtension(IExtensionId extension) =>
        _extensions.GetOrAdd(extension.ExtensionType, _ => new Lazy<object>(() => extension.CreateExtension(this))).Value;
    public override string ToString() => Name;
    internal long NextUid() => Interlocked.Increment(ref _uid);

    internal Task FinalTerminate()
    {
        IsTerminating = true;
        _user.SendSystemMessage(new Terminate());
        return WhenTerminated;
    }

    IScheduler MakeScheduler()
    {
        if (Settings.SchedulerClass.Length == 0) return new WheelScheduler(() => Log);
        var type = TypeNamed(Settings.SchedulerClass)
            ?? throw new ConfigurationException($"akka.scheduler.implementation names [{Settings.SchedulerClass}], which cannot be found.");
        return (IScheduler)Activator.CreateInstance(type, Settings.Config, Log)!;
    }

    /// <summary>Also finds a type under the name of an Akka.NET assembly that is part of another one here.</summary>
    internal static Type? TypeNamed(string name) =>
        Type.GetType(name)
        ?? AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(name.Split(',')[0])).FirstOrDefault(t => t is not null);

    LocalActorRef Guardian(string name, RootRef root)
    {
        var cell = new ActorCell(this, Props.Create<GuardianActor>(), root, new ActorPath(root.Path, name, NextUid()));
        cell.SendSystemMessage(new Create());
        return cell.SelfRef;
    }

    void GuardianDied(IActorRef guardian)
    {
        if (guardian.Equals(_user))
        {
            _system.SendSystemMessage(new Terminate());
            return;
        }
        (_scheduler as WheelScheduler)?.Stop();
        while (_onTermination.TryPop(out var code)) code();
        _terminated.TrySetResult();
    }

    sealed class GuardianActor : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    /// <summary>Above the guardians: if one of them fails the system stops; /system stops after /user, and then all is done.</summary>
    sealed class RootRef(ActorSystemImpl system, ActorPath path) : ActorRefBase, IInternalActorRef
    {
        public override ActorPath Path => path;
        public bool IsTerminated => false;

        public void SendSystemMessage(SystemMessage message)
        {
            switch (message)
            {
                case Failed failed:
                    system.Log.Error(failed.Cause, "guardian {0} failed, shutting down system", failed.Child);
                    _ = system.Terminate();
                    break;
                case DeathWatchNotification death:
                    system.GuardianDied(death.Actor);
                    break;
            }
        }

        protected override void TellInternal(object message, IActorRef sender) => system.DeadLetters.Tell(message, sender);
    }
}
