#nullable disable
using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence;

public interface IPersistentEnvelope
{
    object Payload { get; }
    IActorRef Sender { get; }
    int Size { get; }
}

/// <summary>One event on its way into a journal or out of it.</summary>
public interface IPersistentRepresentation
{
    object Payload { get; }
    string Manifest { get; }
    string PersistenceId { get; }
    long SequenceNr { get; }
    string WriterGuid { get; }
    bool IsDeleted { get; }
    IActorRef Sender { get; }
    long Timestamp { get; }
    IPersistentRepresentation WithTimestamp(long newTimestamp);
}

public class Persistent(
    object payload, long sequenceNr = 0L, string persistenceId = null, string manifest = null, bool isDeleted = false, IActorRef sender = null,
    string writerGuid = null, long timestamp = 0L) : IPersistentRepresentation
{
    public object Payload { get; } = payload;
    public long SequenceNr { get; } = sequenceNr;
    public string PersistenceId { get; } = persistenceId;
    public string Manifest { get; } = manifest ?? "";
    public bool IsDeleted { get; } = isDeleted;
    public IActorRef Sender { get; } = sender;
    public string WriterGuid { get; } = writerGuid;
    public long Timestamp { get; } = timestamp;

    public IPersistentRepresentation WithTimestamp(long newTimestamp) =>
        new Persistent(Payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, newTimestamp);
}

/// <summary>Events that the journal keeps all or none of.</summary>
public sealed class AtomicWrite : IPersistentEnvelope
{
    readonly IImmutableList<IPersistentRepresentation> _events;

    public AtomicWrite(IPersistentRepresentation @event) : this(ImmutableArray.Create(@event)) { }

    public AtomicWrite(IImmutableList<IPersistentRepresentation> payload)
    {
        if (payload is not { Count: > 0 }) throw new ArgumentException("Payload of AtomicWrite must not be empty.", nameof(payload));
        _events = payload;
    }

    public object Payload => _events;
    public IActorRef Sender => ActorRefs.NoSender;
    public int Size => _events.Count;
    public string PersistenceId => _events[0].PersistenceId;
    public long LowestSequenceNr => _events[0].SequenceNr;
    public long HighestSequenceNr => _events[^1].SequenceNr;
    internal IImmutableList<IPersistentRepresentation> Events => _events;
}
