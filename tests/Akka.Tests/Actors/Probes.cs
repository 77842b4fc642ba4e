using Akka.Actor;

namespace Akka.Tests.Actors;

/// <summary>Makes a child of given props and answers with its ref; decides about its failures as told.</summary>
public sealed class Supervisor : ReceiveActor
{
    readonly SupervisorStrategy _strategy;

    public Supervisor(SupervisorStrategy strategy)
    {
        _strategy = strategy;
        Receive<Props>(props => Sender.Tell(Context.ActorOf(props)));
    }

    protected override SupervisorStrategy SupervisorStrategy() => _strategy;
}

/// <summary>Says each of its hooks and each message, numbered by incarnation, to its listener. Throws what exception it is told.</summary>
public sealed class Talker : ReceiveActor
{
    readonly IActorRef _listener;
    readonly string _name;
    readonly int _incarnation;
    readonly SupervisorStrategy? _strategy;

    public Talker(IActorRef listener, string name, Incarnations incarnations, SupervisorStrategy? strategy = null)
    {
        _listener = listener;
        _name = name;
        _strategy = strategy;
        _incarnation = incarnations.Next();
        Receive<Exception>(exception => throw exception);
        Receive<Props>(props => Sender.Tell(Context.ActorOf(props)));
        ReceiveAny(message => Say($"got {message}"));
    }

    protected override SupervisorStrategy SupervisorStrategy() => _strategy ?? base.SupervisorStrategy();

    protected override void PreStart() => Say("PreStart");

    protected override void PreRestart(Exception reason, object message)
    {
        Say($"PreRestart {reason.Message} at {message?.GetType().Name ?? "nothing"}");
        base.PreRestart(reason, message!);
    }

    protected override void PostRestart(Exception reason)
    {
        Say($"PostRestart {reason.Message}");
        base.PostRestart(reason);
    }

    protected override void PostStop() => Say("PostStop");

    void Say(string what) => _listener.Tell($"{_name}{_incarnation} {what}");
}

/// <summary>Counts the instances that one place in the tree has had.</summary>
public sealed class Incarnations
{
    int _count;

    public int Count => Volatile.Read(ref _count);

    public int Next() => Interlocked.Increment(ref _count);
}

public sealed class BrokenException(string message) : Exception(message);
