using System.Diagnostics;
using System.Linq.Expressions;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Marks a test kit whose code has no sender unless it names one.</summary>
public interface INoImplicitSender;

/// <summary>An actor system under test, an actor that the test speaks as, and expectations on that actor's mail.</summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    static int s_number;
    readonly ITestKitAssertions _assertions;
    readonly Inbox _inbox = new();
    Inbox.Received? _last;
    TimeSpan? _end;
    bool _lastWasNoMsg;

    protected TestKitBase(ITestKitAssertions assertions, ActorSystem? system = null, string? testActorName = null)
        : this(assertions, system, null, null, testActorName) { }

    protected TestKitBase(ITestKitAssertions assertions, Config config, string? actorSystemName = null, string? testActorName = null)
        : this(assertions, null, config, actorSystemName, testActorName) { }

    TestKitBase(ITestKitAssertions assertions, ActorSystem? system, Config? config, string? actorSystemName, string? testActorName)
    {
        _assertions = assertions;
        Sys = system ?? ActorSystem.Create(actorSystemName ?? "test", config is null ? DefaultConfig : config.WithFallback(DefaultConfig));
        if (system is not null) Sys.Settings.InjectTopLevelFallback(DefaultConfig);
        TestKitSettings = new TestKitSettings(Sys.Settings.Config);
        Log = Logging.GetLogger(Sys, GetType());
        EventFilter = new EventFilterFactory(this, Sys);
        TestActor = ((ExtendedActorSystem)Sys).SystemActorOf(
            Props.Create(() => new TestActor(_inbox)), testActorName ?? $"testActor{Interlocked.Increment(ref s_number)}");
        if (this is TestProbe) return;
        ActorCell.Current = this is INoImplicitSender ? null : ((LocalActorRef)TestActor).Cell;
        SynchronizationContext.SetSynchronizationContext(new TestKitSynchronizationContext(ActorCell.Current));
    }

    public static Config DefaultConfig { get; } =
        ConfigurationFactory.FromResource("Akka.TestKit.reference.conf", typeof(TestKitBase).Assembly);
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);
    public ActorSystem Sys { get; }
    public TestKitSettings TestKitSettings { get; }
    public ILoggingAdapter Log { get; }
    public IActorRef TestActor { get; }
    public EventFilterFactory EventFilter { get; }
    public object LastMessage => _last?.Message!;
    public IActorRef LastSender => _last?.Sender!;
    public bool HasMessages => _inbox.HasMessages;

    /// <summary>What is left of the innermost Within.</summary>
    public TimeSpan Remaining => _end is { } end
        ? NotNegative(end - Now)
        : throw new InvalidOperationException("Remaining may not be called outside of \"within\"");

    public TimeSpan RemainingOrDefault => _end is null ? Dilated(TestKitSettings.SingleExpectDefault) : Remaining;

    public TimeSpan RemainingOrDilated(TimeSpan? duration) => duration is { } given ? Dilated(given) : RemainingOrDefault;

    public TimeSpan Dilated(TimeSpan duration) => duration * TestKitSettings.TestTimeFactor;
    public IActorRef ActorOf(Props props, string? name) => Sys.ActorOf(props, name);
    public IActorRef ActorOf(Props props) => Sys.ActorOf(props);
    public IActorRef ActorOf<TActor>() where TActor : ActorBase, new() => Sys.ActorOf<TActor>();
    public IActorRef ActorOf<TActor>(string name) where TActor : ActorBase, new() => Sys.ActorOf<TActor>(name);
    public IActorRef ActorOf<TActor>(Expression<Func<TActor>> factory) where TActor : ActorBase => Sys.ActorOf(Props.Create(factory));
    public IActorRef ActorOf<TActor>(Expression<Func<TActor>> factory, string name) where TActor : ActorBase =>
        Sys.ActorOf(Props.Create(factory), name);

    public IActorRef ChildActorOf(Props props, CancellationToken cancellationToken = default) =>
        Wait(ChildActorOfAsync(props, cancellationToken));

    public Task<IActorRef> ChildActorOfAsync(Props props, CancellationToken cancellationToken = default) =>
        TestActor.Ask<IActorRef>(new TestActor.SpawnFor(props, null), RemainingOrDefault, cancellationToken);

    public virtual TestProbe CreateTestProbe(string? name = null) => CreateTestProbe(Sys, name);
    public virtual TestProbe CreateTestProbe(ActorSystem system, string? name = null) => new(system, _assertions, name);
    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);

    /// <summary>Returns once the watch stands.</summary>
    public IActorRef Watch(IActorRef actorToWatch) => Wait(WatchAsync(actorToWatch));

    public async Task<IActorRef> WatchAsync(IActorRef actorToWatch)
    {
        await TestActor.Ask(new TestActor.WatchFor(actorToWatch), RemainingOrDefault).ConfigureAwait(false);
        return actorToWatch;
    }

    public IActorRef Unwatch(IActorRef actorToUnwatch) => Wait(UnwatchAsync(actorToUnwatch));

    public async Task<IActorRef> UnwatchAsync(IActorRef actorToUnwatch)
    {
        await TestActor.Ask(new TestActor.UnwatchFor(actorToUnwatch), RemainingOrDefault).ConfigureAwait(false);
        return actorToUnwatch;
    }

    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) => _inbox.Ignores = shouldIgnoreMessage;
    public void IgnoreMessages<TMsg>() => _inbox.Ignores = message => message is TMsg;
    public void IgnoreNoMessages() => _inbox.Ignores = null;
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false) =>
        Shutdown(Sys, duration, verifySystemShutdown);

    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? Dilated(TimeSpan.FromSeconds(5));
        if (system.Terminate().Wait(limit)) return;
        var message = $"Failed to stop [{system.Name}] within [{limit}]";
        if (verifySystemShutdown) throw new TimeoutException(message);
        system.Log.Warning(message);
    }

    // Tests that are not async block here; what they wait for never needs their thread.
    private protected static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
    private protected static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
    private protected static void Wait(Task task) => task.GetAwaiter().GetResult();
    static TimeSpan NotNegative(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}
