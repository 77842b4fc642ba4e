namespace Akka.Actor;

/// <summary>Marks what an actor's own machinery looks at first.</summary>
public interface IAutoReceivedMessage;

/// <summary>Stops an actor once it has handled what it was told before.</summary>
public sealed class PoisonPill : IAutoReceivedMessage, Event.IDeadLetterSuppression
{
    PoisonPill() { }

    public static PoisonPill Instance { get; } = new();
    public override string ToString() => "<PoisonPill>";
}

/// <summary>Makes an actor fail with <see cref="ActorKilledException"/>.</summary>
public sealed class Kill : IAutoReceivedMessage
{
    Kill() { }

    public static Kill Instance { get; } = new();
    public override string ToString() => "<Kill>";
}

/// <summary>A watched actor is no more. One who does not handle it fails with <see cref="DeathPactException"/>.</summary>
public sealed class Terminated(IActorRef actorRef, bool existenceConfirmed, bool addressTerminated)
    : IAutoReceivedMessage, Event.IDeadLetterSuppression
{
    public IActorRef ActorRef { get; } = actorRef;
    public bool ExistenceConfirmed { get; } = existenceConfirmed;
    public bool AddressTerminated { get; } = addressTerminated;

    public override string ToString() => $"<Terminated>: {ActorRef} - ExistenceConfirmed={ExistenceConfirmed}";
}

/// <summary>Nothing came for as long as SetReceiveTimeout said.</summary>
public class ReceiveTimeout
{
    ReceiveTimeout() { }

    public static ReceiveTimeout Instance { get; } = new();
}
