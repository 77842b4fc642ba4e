using System.Diagnostics;
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
    readonly Inbox _inbox = new();
    Inbox.Received? _last;
    TimeSpan? _end;
    bool _lastWasNoMsg;

    private protected TestKitBase(ActorSystem? system, Config? config, string? actorSystemName, string? testActorName)
    {
        Sys = system ?? ActorSystem.Create(actorSystemName ?? "test", config is null ? DefaultConfig : config.WithFallback(DefaultConfig));
        if (system is not null) Sys.Settings.InjectTopLevelFallback(DefaultConfig);
        TestKitSettings = new TestKitSettings(Sys.Settings.Config);
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

    public virtual TestProbe CreateTestProbe(string? name = null) => CreateTestProbe(Sys, name);
    public virtual TestProbe CreateTestProbe(ActorSystem system, string? name = null) => new(system, name);

    /// <summary>Returns once the watch stands.</summary>
    public IActorRef Watch(IActorRef actorToWatch) => Wait(WatchAsync(actorToWatch));

    public async Task<IActorRef> WatchAsync(IActorRef actorToWatch)
    {
        await TestActor.Ask(new TestActor.WatchFor(actorToWatch), RemainingOrDefault).ConfigureAwait(false);
        return actorToWatch;
    }

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
