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
    int Count { get; }
    bool IsEmpty { get; }
    bool NonEmpty { get; }
    void Stash();
    void Unstash();
    void UnstashAll();
    void UnstashAll(Func<Envelope, bool> predicate);
}

public interface IActorStash
{
    IStash Stash { get; set; }
}

public interface IWithUnboundedStash : IActorStash;

public interface IWithStash : IActorStash;

internal sealed class StashBox(ActorCell cell) : IStash
{
    readonly LinkedList<Envelope> _held = new();
    long _lastStashed = -1;

    public int Count => _held.Count;
    public bool IsEmpty => Count == 0;
    public bool NonEmpty => Count > 0;

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

    public void UnstashAll() => UnstashAll(_ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        for (var last = _held.Last; last is not null; last = last.Previous)
        {
            if (predicate(last.Value)) cell.EnqueueFirst(last.Value);
        }
        _held.Clear();
    }
}
