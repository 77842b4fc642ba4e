namespace Akka.Actor;

public class InvalidActorNameException(string message) : AkkaException(message);

public class IllegalActorStateException(string message) : AkkaException(message);

public class AskTimeoutException(string message) : AkkaException(message);

public class ActorKilledException(string message) : AkkaException(message);

public class ActorInitializationException : AkkaException
{
    public ActorInitializationException(string message) : base(message) { }

    public ActorInitializationException(IActorRef actor, string message, Exception? cause = null) : base(message, cause) => Actor = actor;
    public IActorRef? Actor { get; set; }

    public override string ToString() => Actor is null ? base.ToString() : $"{Actor}: {base.ToString()}";
}

public class PreRestartException(IActorRef actor, Exception restartException, Exception cause, object? optionalMessage)
    : ActorInitializationException(actor, $"exception in preRestart({restartException?.Message}, {optionalMessage ?? "none"})", cause);

public class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"Exception post restart ({originalCause.GetType().Name})", cause);

/// <summary>A watched actor died and its watcher did not handle <see cref="Terminated"/>.</summary>
public class DeathPactException(IActorRef deadActor) : AkkaException($"Monitored actor [{deadActor}] terminated")
{
}
