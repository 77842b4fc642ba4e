#nullable disable
using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>A journal that lives as long as its actor system: for tests.</summary>
public class MemoryJournal : AsyncWriteJournal
{
    readonly Dictionary<string, Events> _journal = [];

    sealed class Events
    {
        internal readonly List<IPersistentRepresentation> Kept = [];
        internal long Highest;
    }

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        lock (_journal)
        {
            var events = Of(persistenceId).Kept.Where(e => e.SequenceNr >= fromSequenceNr && e.SequenceNr <= toSequenceNr);
            foreach (var persistent in events.Take((int)Math.Min(max, int.MaxValue))) recoveryCallback(persistent);
        }
        return Task.CompletedTask;
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr)
    {
        lock (_journal) return Task.FromResult(Of(persistenceId).Highest);
    }

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        lock (_journal)
        {
            foreach (var persistent in messages.SelectMany(write => write.Events))
            {
                var events = Of(persistent.PersistenceId);
                events.Kept.Add(persistent);
                events.Highest = persistent.SequenceNr;
            }
        }
        return Task.FromResult<IImmutableList<Exception>>(null);
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        lock (_journal) Of(persistenceId).Kept.RemoveAll(e => e.SequenceNr <= toSequenceNr);
        return Task.CompletedTask;
    }

    Events Of(string persistenceId) => _journal.TryGetValue(persistenceId, out var events) ? events : _journal[persistenceId] = new Events();
}
