using Akka.Actor;
using Akka.Dispatch;

namespace Akka.Event;

/// <summary>Writes log events to standard output as they are published: on the thread that logs, so that none is lost at the end.</summary>
internal sealed class StandardOutLogger(ActorPath path) : ActorRefBase, IInternalActorRef
{
    public override ActorPath Path => path;
    public bool IsTerminated => false;

    public void SendSystemMessage(SystemMessage message) { }

    protected override void TellInternal(object message, IActorRef sender) => Console.Out.WriteLine(message);
}
