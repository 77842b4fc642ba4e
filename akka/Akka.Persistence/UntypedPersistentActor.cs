#nullable disable
namespace Akka.Persistence;

public abstract class UntypedPersistentActor : Eventsourced
{
    protected sealed override bool Receive(object message) => ReceiveCommand(message);

    protected sealed override bool ReceiveCommand(object message)
    {
        OnCommand(message);
        return true;
    }

    protected sealed override bool ReceiveRecover(object message)
    {
        OnRecover(message);
        return true;
    }

    protected abstract void OnCommand(object message);
    protected abstract void OnRecover(object message);
}
