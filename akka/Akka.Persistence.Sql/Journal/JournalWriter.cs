using System.Data.Common;
using System.Threading.Channels;
using Akka.Actor;

namespace Akka.Persistence.Sql.Journal;

/// <summary>
/// The one writer of a journal. What is asked for while a transaction is under way goes out together in the next: under load a commit, and the
/// flush to disk that it waits for, is shared by many events. A write is never split, and fails alone where it cannot go with others.
/// </summary>
internal sealed class JournalWriter(SqlDatabase database, IScheduler clock)
{
    readonly Channel<Asked> _asked = Channel.CreateBounded<Asked>(new BoundedChannelOptions(database.BufferSize) { SingleReader = true });
    readonly Lock _starting = new();
    DbConnection? _connection;
    Task? _running;

    sealed record Asked(IReadOnlyList<JournalRow> Rows)
    {
        internal readonly TaskCompletionSource Done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Completes when the rows are committed.</summary>
    internal Task WriteAsync(IReadOnlyList<JournalRow> rows)
    {
        lock (_starting) _running ??= Task.Run(RunAsync);
        var asked = new Asked(rows);
        return _asked.Writer.TryWrite(asked)
            ? asked.Done.Task
            : Task.FromException(new InvalidOperationException($"The journal takes no more writes: {database.BufferSize} wait already, or it was stopped."));
    }

    /// <summary>What was asked for is still written.</summary>
    internal void Close() => _asked.Writer.TryComplete();

    async Task RunAsync()
    {
        var batch = new List<Asked>();
        while (await _asked.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            var rows = 0;
            while (rows < database.BatchSize && _asked.Reader.TryRead(out var asked))
            {
                batch.Add(asked);
                rows += asked.Rows.Count;
            }
            if (await TryWriteAsync(batch).ConfigureAwait(false) || batch.Count == 1) continue;
            foreach (var asked in batch) await TryWriteAsync([asked]).ConfigureAwait(false);
        }
        await DisconnectAsync().ConfigureAwait(false);
    }

    /// <summary>A failure is told to who asked where there is one only; several are to be tried one by one.</summary>
    async Task<bool> TryWriteAsync(List<Asked> batch)
    {
        try
        {
            _connection ??= await database.OpenAsync(JournalTable.Make).ConfigureAwait(false);
            await InsertAsync(_connection, batch.SelectMany(asked => asked.Rows)).ConfigureAwait(false);
            foreach (var asked in batch) asked.Done.TrySetResult();
            return true;
        }
        catch (Exception fault)
        {
            // Closing undoes what was begun, also where a full disk would not let it be rolled back.
            await DisconnectAsync().ConfigureAwait(false);
            if (batch.Count == 1) batch[0].Done.TrySetException(fault);
            return false;
        }
    }

    /// <summary>All of them or none: a round of PostgreSQL is one transaction by itself.</summary>
    async Task InsertAsync(DbConnection connection, IEnumerable<JournalRow> rows)
    {
        var sql =
            $"INSERT INTO {database.Table} (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) " +
            "VALUES (@created, @deleted, @id, @number, @message, @manifest, @identifier, @writer)";
        var created = clock.Now.UtcTicks;
        if (connection.CanCreateBatch)
        {
            await using var round = connection.CreateBatch();
            foreach (var row in rows)
            {
                var command = round.CreateBatchCommand();
                command.CommandText = sql;
                Bind(command.Parameters, command.CreateParameter, row, created);
                round.BatchCommands.Add(command);
            }
            await round.ExecuteNonQueryAsync().ConfigureAwait(false);
            return;
        }
        await ExecuteAsync(connection, "BEGIN IMMEDIATE").ConfigureAwait(false);
        await using (var insert = connection.CreateCommand())
        {
            insert.CommandText = sql;
            foreach (var row in rows)
            {
                insert.Parameters.Clear();
                Bind(insert.Parameters, insert.CreateParameter, row, created);
                await insert.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
        await ExecuteAsync(connection, "COMMIT").ConfigureAwait(false);
    }

    static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    static void Bind(DbParameterCollection parameters, Func<DbParameter> create, JournalRow row, long created)
    {
        Add("created", created);
        Add("deleted", false);
        Add("id", row.PersistenceId);
        Add("number", row.SequenceNr);
        Add("message", row.Message);
        Add("manifest", row.Manifest);
        Add("identifier", row.Identifier);
        Add("writer", (object?)row.WriterUuid ?? DBNull.Value);

        void Add(string name, object value)
        {
            var parameter = create();
            parameter.ParameterName = name;
            parameter.Value = value;
            parameters.Add(parameter);
        }
    }

    async Task DisconnectAsync()
    {
        var connection = _connection;
        _connection = null;
        if (connection is null) return;
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (DbException)
        {
            // It was of no use any more; why, the write that failed has told.
        }
    }
}
