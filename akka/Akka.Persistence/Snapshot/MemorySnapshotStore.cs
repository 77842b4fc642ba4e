#nullable disable
namespace Akka.Persistence.Snapshot;

/// <summary>A snapshot store that lives as long as its actor system: for tests.</summary>
public class MemorySnapshotStore : SnapshotStore
{
    readonly List<SelectedSnapshot> _kept = [];

    protected override Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        lock (_kept) return Task.FromResult(Of(persistenceId, criteria).MaxBy(s => s.Metadata.SequenceNr));
    }

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        lock (_kept)
        {
            _kept.RemoveAll(s => s.Metadata.PersistenceId == metadata.PersistenceId && s.Metadata.SequenceNr == metadata.SequenceNr);
            _kept.Add(new SelectedSnapshot(metadata, snapshot));
        }
        return Task.CompletedTask;
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata) =>
        DeleteAsync(metadata.PersistenceId, new SnapshotSelectionCriteria(metadata.SequenceNr, DateTime.MaxValue, metadata.SequenceNr));

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        lock (_kept)
        {
            foreach (var snapshot in Of(persistenceId, criteria).ToArray()) _kept.Remove(snapshot);
        }
        return Task.CompletedTask;
    }

    IEnumerable<SelectedSnapshot> Of(string persistenceId, SnapshotSelectionCriteria criteria) =>
        _kept.Where(s => s.Metadata.PersistenceId == persistenceId && criteria.Includes(s.Metadata));
}
