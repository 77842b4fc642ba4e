using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using Npgsql;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// The tables of the alerts' journal and its snapshots, laid out as Akka.Persistence.Sql reads and writes them, and brought to this release by numbered
/// steps. The plugin's own way to make them tries without a pause where the database is away, and makes no PostgreSQL schema.
/// </summary>
sealed class AlertJournalTables(AlertJournalSettings settings, string dataDirectory)
{
    const int PageSize = 4096;

    static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Each is done once, in order. {0} is the schema's name with a dot after it, or nothing; {1} a number that counts up by itself; {2} bytes; {3} yes or no.
    /// The first is as releases before it made the tables, which then are there.
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

    /// <summary>Makes what is missing. May be called again at any time, from several processes at once.</summary>
    /// <exception cref="AlertJournalException">The database cannot be used now.</exception>
    public async Task PrepareAsync(CancellationToken ct)
    {
        try
        {
            if (settings.Postgres is { } postgres)
                await PreparePostgresAsync(postgres, ct);
            else
                await Task.Run(PrepareSqlite, ct);
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

        // The mode stays with the file: the journal's own connections then wait for one fsync a commit and for no reader.
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

    static async Task PreparePostgresAsync(PostgresStoreSettings postgres, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(postgres.ToConnectionString(pooling: true));
        await connection.OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var schema = StoreColumn.Quote(postgres.Schema);

        // The store makes the same schema: both, and all hosts, take turns.
        await ExecuteAsync($"{PostgresSession.NeedsWithoutTimeout(postgres)}; {PostgresSession.LockAlone(postgres)}");
        await ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {schema}");
        await ExecuteAsync($"CREATE TABLE IF NOT EXISTS {schema}.journal_steps (number integer PRIMARY KEY)");
        await using var done = new NpgsqlCommand($"SELECT count(*) FROM {schema}.journal_steps", connection, transaction);
        for (var step = (long)(await done.ExecuteScalarAsync(ct))!; step < Steps.Length; step++)
        {
            await ExecuteAsync(string.Format(Steps[step], $"{schema}.", "bigserial PRIMARY KEY", "bytea", "boolean"));
            await ExecuteAsync($"INSERT INTO {schema}.journal_steps VALUES ({step + 1})");
        }

        await transaction.CommitAsync(ct);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(ct);
        }
    }
}

/// <summary>The journal of alerts cannot be used now; what it says is fit for a log.</summary>
public sealed class AlertJournalException(string message, Exception cause) : Exception(message, cause);
