using Akka.Dispatch;

namespace Akka.Actor;

public interface ICanTell
{
    void Tell(object message, IActorRef? sender);
}

/// <summary>A handle on an actor: safe to share, valid over the actor's restarts, and of no other use than to tell it something.</summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>
{
    ActorPath Path { get; }
}

/// <summary>What the actors' own machinery asks of every ref.</summary>
internal interface IInternalActorRef : IActorRef
{
    bool IsTerminated { get; }
    void SendSystemMessage(SystemMessage message);
}

public abstract class ActorRefBase : IActorRef
{
    public abstract ActorPath Path { get; }
    public void Tell(object message, IActorRef? sender) => TellInternal(message, sender!);
    protected abstract void TellInternal(object message, IActorRef sender);
    public bool Equals(IActorRef? other) => ReferenceEquals(this, other) || (other is not null && ReferenceEquals(Path, other.Path));
    public override bool Equals(object? obj) => Equals(obj as IActorRef);
    public override int GetHashCode() => Path.Uid.GetHashCode() ^ Path.GetHashCode();
    public override string ToString() => $"[{Path.ToStringWithUid()}]";
}

public static class ActorRefs
{
    public static readonly IActorRef NoSender = null!;
    public static readonly Nobody Nobody = Nobody.Instance;
}

/// <summary>Stands where an actor is asked for and none is there.</summary>
public sealed class Nobody : ActorRefBase, IInternalActorRef
{
    public static readonly Nobody Instance = new();

    Nobody() { }

    public override ActorPath Path { get; } = new ActorPath(new Address("akka", "all-systems"), "") / "Nobody";
    bool IInternalActorRef.IsTerminated => true;

    void IInternalActorRef.SendSystemMessage(SystemMessage message)
    {
        if (message is Watch watch) watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, false));
    }

    protected override void TellInternal(object message, IActorRef sender) { }
}

public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Tells with the actor whose code this is as the sender, or none outside of actors.</summary>
    public static void Tell(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.CurrentSelf);

    /// <summary>Passes a message on as if its own sender had told it.</summary>
    public static void Forward(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.CurrentSender);
}
