using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using Npgsql;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Creates the tables of the outboxes' journal and snapshots as Akka.Persistence.Sql expects them, and migrates them to this release in numbered
/// steps. The plugin's own initialization retries without a pause while the database is unreachable, and creates no PostgreSQL schema.
/// </summary>
sealed class AlertJournalTables(AlertJournalSettings settings, string dataDirectory)
{
    const int PageSize = 4096;

    static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Each migration runs once, in order. {0} is the schema's name and a dot, or nothing; {1} an auto-increment key; {2} the type of bytes; {3} of booleans.
    /// The first is what earlier releases created, so it changes nothing where those tables exist.
    /// </summary>
    static readonly string[] Steps =
    [
        """
        CREATE TABLE IF NOT EXISTS {0}journal (
            ordering {1}, created bigint NOT NULL, deleted {3} NOT NULL, persistence_id varchar(255) NOT NULL, sequence_number bigint NOT NULL,
            message {2} NOT NULL, manifest varchar(500), identifier integer, writer_uuid varchar(128));
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON {0}journal (persistence_id, sequence_number);
        CREATE TABLE IF NOT EXISTS {0}snapshot (
            persistence_id varchar(255) NOT NULL, sequence_number bigint NOT NULL, created bigint NOT NULL, snapshot {2} NOT NULL,
            manifest varchar(500) NOT NULL, serializer_id integer, PRIMARY KEY (persistence_id, sequence_number))
        """,
        "ALTER TABLE {0}journal ADD COLUMN tags varchar(100)",
    ];

    /// <summary>Creates what is missing. May be called again at any time, and by several processes at once.</summary>
    /// <exception cref="AlertJournalException">The database cannot be used now.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (settings.Postgres is { } postgres)
                await PreparePostgresAsync(postgres, cancellationToken);
            else
                await Task.Run(PrepareSqlite, cancellationToken);
        }
        catch (Exception e) when (e is SqliteFileException or IOException or UnauthorizedAccessException)
        {
            throw new AlertJournalException($"{AlertJournalSettings.SqliteFile(dataDirectory)}: {e.Message}", e);
        }
        catch (Exception e) when (PostgresFault.IsOne(e))
        {
            throw new AlertJournalException(PostgresFault.ToStoreException("opening it", settings.Postgres!, e).Message, e);
        }
    }

    void PrepareSqlite()
    {
        Directory.CreateDirectory(dataDirectory);
        using var file = SqliteFile.Open(AlertJournalSettings.SqliteFile(dataDirectory), SqliteAccess.Create, LockTimeout);

        // The mode stays with the file: the journal's connections then wait for one fsync per commit and for no reader.
        file.UseWriteAheadLog(PageSize);
        file.Begin();
        file.Execute("CREATE TABLE IF NOT EXISTS journal_steps (number integer PRIMARY KEY)");
        for (var step = file.QueryLong("SELECT count(*) FROM journal_steps"); step < Steps.Length; step++)
        {
            file.Execute(string.Format(Steps[step], "", "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "BLOB", "INTEGER"));
            file.Execute($"INSERT INTO journal_steps VALUES ({step + 1})");
        }

        file.Commit();
    }

    static async Task PreparePostgresAsync(PostgresStoreSettings postgres, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(postgres.ToConnectionString(pooling: true));
        await connection.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var schema = StoreColumn.Quote(postgres.Schema);

        // The store creates the same schema: both, on all hosts, take turns.
        await ExecuteAsync($"{PostgresSession.NeedsWithoutTimeout(postgres)}; {PostgresSession.LockAlone(postgres)}");
        await ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {schema}");
        await ExecuteAsync($"CREATE TABLE IF NOT EXISTS {schema}.journal_steps (number integer PRIMARY KEY)");
        await using var done = new NpgsqlCommand($"SELECT count(*) FROM {schema}.journal_steps", connection, transaction);
        for (var step = (long)(await done.ExecuteScalarAsync(cancellationToken))!; step < Steps.Length; step++)
        {
            await ExecuteAsync(string.Format(Steps[step], $"{schema}.", "bigserial PRIMARY KEY", "bytea", "boolean"));
            await ExecuteAsync($"INSERT INTO {schema}.journal_steps VALUES ({step + 1})");
        }

        await transaction.CommitAsync(cancellationToken);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}

/// <summary>The outboxes' journal cannot be used now. The exception's message may be logged.</summary>
public sealed class AlertJournalException(string message, Exception cause) : Exception(message, cause);
