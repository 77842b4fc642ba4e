using Akka.Actor;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>A test actor of its own, to stand in for a collaborator. It can be used wherever an actor ref is asked for.</summary>
public class TestProbe : TestKitBase, INoImplicitSender, IInternalActorRef
{
    internal TestProbe(ActorSystem system, string? testProbeName) : base(system, null, null, testProbeName) { }

    public IActorRef Ref => TestActor;

    /// <summary>Who sent the message that was received last.</summary>
    public IActorRef Sender => LastSender ?? throw new InvalidOperationException("This probe has not received a message yet");

    ActorPath IActorRef.Path => TestActor.Path;

    bool IInternalActorRef.IsTerminated => ((IInternalActorRef)TestActor).IsTerminated;
    public void Send(IActorRef actor, object message) => actor.Tell(message, TestActor);
    public void Reply(object message) => Sender.Tell(message, TestActor);
    public void Forward(IActorRef actor) => Forward(actor, LastMessage);
    public void Forward(IActorRef actor, object message) => actor.Tell(message, Sender);
    void ICanTell.Tell(object message, IActorRef? sender) => TestActor.Tell(message, sender);
    void IInternalActorRef.SendSystemMessage(SystemMessage message) => ((IInternalActorRef)TestActor).SendSystemMessage(message);
    bool IEquatable<IActorRef>.Equals(IActorRef? other) => TestActor.Equals(other);
    public override bool Equals(object? obj) => TestActor.Equals(obj);
    public override int GetHashCode() => TestActor.GetHashCode();
    public override string ToString() => TestActor.ToString()!;
}
