#nullable disable
namespace Akka.Actor;

public readonly struct Envelope(object message, IActorRef sender)
{
    public object Message { get; } = message;
    public IActorRef Sender { get; } = sender;

    public override string ToString() => $"<{Message}> from {Sender}";
}

/// <summary>Where an actor puts messages that it cannot handle yet. At a restart and at its end they go back to the front of its
/// mail.</summary>
public interface IStash
{
    void Stash();
    void Unstash();
    void UnstashAll();
}

public interface IActorStash
{
    IStash Stash { get; set; }
}

public interface IWithUnboundedStash : IActorStash;

internal sealed class StashBox(ActorCell cell) : IStash
{
    readonly LinkedList<Envelope> _held = new();
    long _lastStashed = -1;

    public void Stash()
    {
        if (cell.EnvelopeId == _lastStashed)
        {
            throw new IllegalActorStateException($"Can't stash the same message {cell.CurrentMessage} more than once");
        }
        _lastStashed = cell.EnvelopeId;
        _held.AddLast(new Envelope(cell.CurrentMessage, cell.Sender));
    }

    public void Unstash()
    {
        if (_held.First is not { } first) return;
        _held.RemoveFirst();
        cell.EnqueueFirst(first.Value);
    }

    public void UnstashAll()
    {
        for (var last = _held.Last; last is not null; last = last.Previous) cell.EnqueueFirst(last.Value);
        _held.Clear();
    }
}
