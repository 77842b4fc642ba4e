using Akka.Dispatch;

namespace Akka.Actor;

internal sealed class LocalActorRef(ActorCell cell, ActorPath path) : ActorRefBase, IInternalActorRef
{
    public override ActorPath Path => path;
    internal ActorCell Cell => cell;
    public bool IsTerminated => cell.IsTerminated;
    public void SendSystemMessage(SystemMessage message) => cell.SendSystemMessage(message);

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is null) throw new ArgumentNullException(nameof(message), "The message cannot be null.");
        cell.SendMessage(message, sender);
    }
}
