using Akka.Actor;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>A subscriber that acts on the thread which publishes.</summary>
internal sealed class SynchronousRef(ActorSystem system, string name, Action<object> receive) : ActorRefBase, IInternalActorRef
{
    public override ActorPath Path { get; } = system.DeadLetters.Path.Parent / name;
    public bool IsTerminated => false;

    public void SendSystemMessage(SystemMessage message) { }

    protected override void TellInternal(object message, IActorRef sender) => receive(message);
}
