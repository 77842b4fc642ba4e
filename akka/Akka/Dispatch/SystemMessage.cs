using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>What actors tell each other about their lives: ahead of all mail, and also to an actor that is suspended.</summary>
internal abstract class SystemMessage : MailNode;

internal sealed class Create : SystemMessage;

internal sealed class Suspend : SystemMessage;

/// <param name="causedByFailure">Set for the child whose own failure is being forgiven.</param>
internal sealed class Resume(Exception? causedByFailure) : SystemMessage
{
    internal Exception? CausedByFailure => causedByFailure;
}

internal sealed class Recreate(Exception cause) : SystemMessage
{
    internal Exception Cause => cause;
}

internal sealed class Terminate : SystemMessage;

internal sealed class Failed(IInternalActorRef child, Exception cause) : SystemMessage
{
    internal IInternalActorRef Child => child;
    internal Exception Cause => cause;
}

internal sealed class Watch(IInternalActorRef watcher) : SystemMessage
{
    internal IInternalActorRef Watcher => watcher;
}

internal sealed class Unwatch(IInternalActorRef watcher) : SystemMessage
{
    internal IInternalActorRef Watcher => watcher;
}

internal sealed class DeathWatchNotification(IActorRef actor, bool existenceConfirmed) : SystemMessage
{
    internal IActorRef Actor => actor;
    internal bool ExistenceConfirmed => existenceConfirmed;
}

/// <summary>A piece of an async handler that goes on, or its end.</summary>
internal sealed class Continuation(SendOrPostCallback callback, object? state) : SystemMessage
{
    internal void Run() => callback(state);
}

internal sealed class HandlerDone(Task task) : SystemMessage
{
    internal Task Task => task;
}
