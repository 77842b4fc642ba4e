using FraudStreams.Sqlite;
using Npgsql;

namespace FraudStreams.Storage.Postgres;

/// <summary>Opens a connection to the store's schema and migrates its tables to this release.</summary>
internal static class PostgresSession
{
    /// <summary>With the schema's name, the advisory lock of one store: labels take it exclusively, payments shared.</summary>
    public const int LockClass = 0x46725372;

    /// <summary>PostgreSQL silently truncates longer names.</summary>
    public const int LongestName = 63;

    public static NpgsqlConnection Open(PostgresStoreSettings settings, StoreTables tables, DateTimeOffset now)
    {
        var tooLong = tables.Fields.FirstOrDefault(column => System.Text.Encoding.UTF8.GetByteCount(column.Name) > LongestName).Name;
        if (tooLong is not null)
            throw new StoreException($"Field {tooLong} of the schema has a name of more than {LongestName} bytes, which PostgreSQL cannot give a column.");
        var connection = settings.ToConnection();
        try
        {
            connection.Open();
            CreateSchema(connection, settings);
            using (var transaction = connection.BeginTransaction())
            {
                ExecuteWithoutTimeout(connection, $"{NeedsWithoutTimeout(settings)}; {LockAlone(settings)}");
                tables.Upgrade(new Steps(connection, tables, settings), now);
                transaction.Commit();
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The first statement of every transaction: it sets the settings that the transaction needs, until its end only. A session cannot be relied on to keep
    /// them: a pooler (PgBouncer with pool_mode = transaction) gives each transaction any free session, which other clients have used before.
    /// </summary>
    /// <remarks>
    /// search_path is empty, so that an unqualified name is an error and never another owner's table. synchronous_commit is turned on if the server has it
    /// off by default, unless the settings allow that.
    /// </remarks>
    public static string Needs(PostgresStoreSettings settings) => Needs(settings, settings.StatementTimeout);

    /// <summary>The same without a statement timeout. What then takes long needs a <see cref="NpgsqlCommand.CommandTimeout"/> of 0 as well: Npgsql's own.</summary>
    public static string NeedsWithoutTimeout(PostgresStoreSettings settings) => Needs(settings, TimeSpan.Zero);

    static string Needs(PostgresStoreSettings settings, TimeSpan timeout)
    {
        var wait = settings.Durability == Durability.Full ? "coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on')" : "'off'";
        return $"""
            SELECT set_config('search_path', '', true), set_config('statement_timeout', '{(long)timeout.TotalMilliseconds}', true),
                set_config('synchronous_commit', {wait}, true)
            """;
    }

    /// <summary>Held until the transaction ends: a session lock would stay with a session that the next transaction may not get.</summary>
    public static string LockAlone(PostgresStoreSettings settings) => $"SELECT pg_advisory_xact_lock({LockClass}, hashtext('{settings.Schema}'))";

    public static string LockTogether(PostgresStoreSettings settings) => $"SELECT pg_advisory_xact_lock_shared({LockClass}, hashtext('{settings.Schema}'))";

    /// <summary>
    /// The journal of alerts creates the same schema, under the same lock; an older release does so without it. The second of two then waits for the first
    /// and fails because the name exists, IF NOT EXISTS or not.
    /// </summary>
    static void CreateSchema(NpgsqlConnection connection, PostgresStoreSettings settings)
    {
        using var transaction = connection.BeginTransaction();
        ExecuteWithoutTimeout(connection, $"{NeedsWithoutTimeout(settings)}; {LockAlone(settings)}");
        if (QueryLong(connection, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{settings.Schema}'") > 0)
            return;
        try
        {
            Execute(connection, $"CREATE SCHEMA {StoreColumn.Quote(settings.Schema)}");
            transaction.Commit();
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateSchema)
        {
            // Another connection has created it.
            return;
        }
    }

    public static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    static void ExecuteWithoutTimeout(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }

    public static long QueryLong(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(command.ExecuteScalar());
    }

    sealed class Steps(NpgsqlConnection connection, StoreTables tables, PostgresStoreSettings settings) : IStoreConnection
    {
        public string Location => settings.Location;

        public bool IsFirstRelease => false;

        /// <summary>How long the indexes of a large store take nobody can say.</summary>
        public void Execute(string sql) => ExecuteWithoutTimeout(connection, sql);

        public long QueryLong(string sql) => PostgresSession.QueryLong(connection, sql);

        public IReadOnlyCollection<StoreColumn> ColumnsOfTransactions()
        {
            using var command = new NpgsqlCommand(
                $"""
                SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                WHERE attrelid = '{tables.TableNames.Transactions.Replace("'", "''")}'::regclass AND attnum > 0 AND NOT attisdropped
                """,
                connection);
            using var rows = command.ExecuteReader();
            var found = new List<StoreColumn>();
            while (rows.Read()) found.Add(new StoreColumn(rows.GetString(0), rows.GetString(1)));
            return found;
        }

        public void RecordStep(int number, DateTimeOffset now) => Execute(
            $"INSERT INTO {tables.TableNames.Steps} (number, applied_at) VALUES ({number}, to_timestamp({now.ToUnixTimeMilliseconds()} / 1000.0))");
    }
}
