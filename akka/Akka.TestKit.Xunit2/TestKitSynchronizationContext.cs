using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Keeps the test actor the implicit sender over a test's awaits.</summary>
internal sealed class TestKitSynchronizationContext(ActorCell? cell) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(_ =>
    {
        var (outerCell, outerContext) = (ActorCell.Current, Current);
        SetSynchronizationContext(this);
        ActorCell.Current = cell;
        try
        {
            d(state);
        }
        finally
        {
            ActorCell.Current = outerCell;
            SetSynchronizationContext(outerContext);
        }
    });

    public override SynchronizationContext CreateCopy() => this;
}
