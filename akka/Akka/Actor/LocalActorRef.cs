using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

internal sealed class LocalActorRef(ActorCell cell, ActorPath path) : ActorRefBase, IInternalActorRef
{
    public override ActorPath Path => path;
    internal ActorCell Cell => cell;
    public bool IsTerminated => cell.IsTerminated;
    public void SendSystemMessage(SystemMessage message) => cell.SendSystemMessage(message);

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not null) cell.SendMessage(message, sender);
        else cell.System.Log.Error(new InvalidMessageException("Message is null"), "Nobody was told anything: null is no message");
    }
}
