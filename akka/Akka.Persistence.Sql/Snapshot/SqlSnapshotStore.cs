#nullable disable
using System.Data.Common;
using Akka.Configuration;
using Akka.Persistence.Snapshot;

namespace Akka.Persistence.Sql.Snapshot;

/// <summary>Snapshots in one table; one that is saved again at the same sequence number replaces the earlier.</summary>
internal sealed class SqlSnapshotStore(Config snapshotConfig) : SnapshotStore
{
    const string Included =
        "persistence_id = @id AND sequence_number BETWEEN @lowest AND @highest AND created BETWEEN @earliest AND @latest";

    readonly SqlDatabase _database = new(snapshotConfig, "snapshot");

    protected override async Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        await using var connection = await _database.OpenAsync(Table).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"SELECT sequence_number, created, snapshot, serializer_id FROM {_database.Table} WHERE {Included} ORDER BY sequence_number DESC LIMIT 1";
        await using var rows = await Bind(command, persistenceId, criteria).ExecuteReaderAsync().ConfigureAwait(false);
        if (!await rows.ReadAsync().ConfigureAwait(false)) return null;
        var metadata = new SnapshotMetadata(persistenceId, rows.GetInt64(0), new DateTime(rows.GetInt64(1), DateTimeKind.Utc));
        return new SelectedSnapshot(metadata, PayloadText.Read((byte[])rows.GetValue(2), rows.GetInt32(3)));
    }

    protected override async Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        var (bytes, serializer) = PayloadText.Write(snapshot);
        await using var connection = await _database.OpenAsync(Table).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"INSERT INTO {_database.Table} (persistence_id, sequence_number, created, snapshot, manifest, serializer_id) " +
            "VALUES (@id, @number, @created, @snapshot, '', @serializer) ON CONFLICT (persistence_id, sequence_number) " +
            "DO UPDATE SET created = excluded.created, snapshot = excluded.snapshot, manifest = '', serializer_id = excluded.serializer_id";
        command.With("id", metadata.PersistenceId).With("number", metadata.SequenceNr).With("created", metadata.Timestamp.Ticks)
            .With("snapshot", bytes).With("serializer", serializer);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata) =>
        DeleteAsync(metadata.PersistenceId, new SnapshotSelectionCriteria(metadata.SequenceNr, DateTime.MaxValue, metadata.SequenceNr));

    protected override async Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        await using var connection = await _database.OpenAsync(Table).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = $"DELETE FROM {_database.Table} WHERE {Included}";
        await Bind(command, persistenceId, criteria).ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    static DbCommand Bind(DbCommand command, string persistenceId, SnapshotSelectionCriteria criteria) => command
        .With("id", persistenceId)
        .With("lowest", criteria.MinSequenceNr)
        .With("highest", criteria.MaxSequenceNr)
        .With("earliest", criteria.MinTimestamp?.Ticks ?? 0L)
        .With("latest", criteria.MaxTimeStamp.Ticks);

    static string Table(SqlDatabase database) =>
        $"""
        CREATE TABLE IF NOT EXISTS {database.Table} (
            persistence_id varchar(255) NOT NULL,
            sequence_number {database.BigInteger} NOT NULL,
            created {database.BigInteger} NOT NULL,
            snapshot {database.Bytes} NOT NULL,
            manifest varchar(500) NOT NULL,
            serializer_id integer,
            PRIMARY KEY (persistence_id, sequence_number));
        """;
}
