#nullable disable
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Journal;

namespace Akka.Persistence.Sql.Journal;

/// <summary>Events in one table, a row each; the pair of persistence id and sequence number is unique, so that a second writer fails.</summary>
internal sealed class SqlWriteJournal : AsyncWriteJournal
{
    readonly SqlDatabase _database;
    readonly JournalWriter _writer;

    public SqlWriteJournal(Config journalConfig)
    {
        _database = new SqlDatabase(journalConfig, "journal");
        _writer = new JournalWriter(_database, Context.System.Scheduler);
    }

    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        await using var connection = await _database.OpenAsync(JournalTable.Make).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"SELECT sequence_number, message, identifier, manifest, writer_uuid, created FROM {_database.Table} " +
            "WHERE persistence_id = @id AND sequence_number BETWEEN @from AND @to AND deleted = @no ORDER BY sequence_number LIMIT @max";
        command.With("id", persistenceId).With("from", fromSequenceNr).With("to", toSequenceNr).With("no", false).With("max", max);
        await using var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await rows.ReadAsync().ConfigureAwait(false))
        {
            recoveryCallback(new Persistent(
                PayloadText.Read((byte[])rows.GetValue(1), rows.GetInt32(2)), rows.GetInt64(0), persistenceId, rows.GetString(3),
                writerGuid: rows.IsDBNull(4) ? null : rows.GetString(4), timestamp: rows.GetInt64(5)));
        }
    }

    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr)
    {
        await using var connection = await _database.OpenAsync(JournalTable.Make).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT max(sequence_number) FROM {_database.Table} WHERE persistence_id = @id";
        return await command.With("id", persistenceId).ExecuteScalarAsync().ConfigureAwait(false) is long highest ? highest : 0;
    }

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var rows = new List<JournalRow>();
        var rejections = new List<Exception>();
        foreach (var write in messages)
        {
            try
            {
                var written = write.Events.Select(JournalRow.Of).ToArray();
                rows.AddRange(written);
                rejections.Add(null);
            }
            catch (NotSupportedException unwritable)
            {
                rejections.Add(unwritable);
            }
        }
        if (rows.Count > 0) await _writer.WriteAsync(rows).ConfigureAwait(false);
        return rejections.ToImmutableList();
    }

    /// <summary>The last event's row stays, marked: it is what says which number comes next.</summary>
    protected override async Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        await using var connection = await _database.OpenAsync(JournalTable.Make).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText =
            $"UPDATE {_database.Table} SET deleted = @yes WHERE persistence_id = @id AND sequence_number <= @to AND deleted <> @yes;\n" +
            $"DELETE FROM {_database.Table} WHERE persistence_id = @id AND sequence_number <= @to AND sequence_number < " +
            $"(SELECT max(sequence_number) FROM {_database.Table} WHERE persistence_id = @id AND deleted = @yes)";
        await command.With("id", persistenceId).With("to", toSequenceNr).With("yes", true).ExecuteNonQueryAsync().ConfigureAwait(false);
        await transaction.CommitAsync().ConfigureAwait(false);
    }

    protected override void PostStop() => _writer.Close();
}
