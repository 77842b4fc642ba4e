using FraudStreams.Sqlite;
using Npgsql;

namespace FraudStreams.Storage;

/// <summary>Opens a connection to the store's schema and brings its tables to this release.</summary>
internal static class PostgresSession
{
    /// <summary>With a schema's name, the advisory lock of one store: labels take it alone, payments together.</summary>
    public const int LockClass = 0x46725372;

    /// <summary>PostgreSQL cuts longer names off without a word.</summary>
    const int LongestName = 63;

    public static NpgsqlConnection Open(PostgresStoreSettings settings, StoreTables tables, DateTimeOffset now)
    {
        var tooLong = tables.Fields.FirstOrDefault(column => System.Text.Encoding.UTF8.GetByteCount(column.Name) > LongestName).Name;
        if (tooLong is not null)
            throw new StoreException($"Field {tooLong} of the schema has a name of more than {LongestName} bytes, which PostgreSQL cannot give a column.");
        var connection = settings.ToConnection();
        try
        {
            connection.Open();
            Configure(connection, settings);
            MakeSchema(connection, settings.Schema);
            using (var transaction = connection.BeginTransaction())
            {
                var steps = new Steps(connection, settings);
                steps.Execute($"SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({LockClass}, hashtext('{settings.Schema}'))");
                tables.Upgrade(steps, now);
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
    /// Sets what the session needs. A server that does not wait for its disk by default is told to, unless the settings say that it need not.
    /// </summary>
    public static void Configure(NpgsqlConnection connection, PostgresStoreSettings settings)
    {
        var wait = settings.Durability == Durability.Full
            ? "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
            : "SET synchronous_commit = off";
        Execute(connection, $"""
            SET search_path = {StoreColumn.Quote(settings.Schema)};
            SET statement_timeout = {(long)settings.StatementTimeout.TotalMilliseconds};
            SET client_min_messages = warning;
            {wait}
            """);
    }

    /// <summary>
    /// The journal of alerts, in this process or another, makes the same schema under no lock of ours. Who comes second waits for the first and
    /// is then told that the name is taken, IF NOT EXISTS or not.
    /// </summary>
    static void MakeSchema(NpgsqlConnection connection, string schema)
    {
        if (QueryLong(connection, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'") > 0)
            return;
        try
        {
            Execute(connection, $"CREATE SCHEMA {StoreColumn.Quote(schema)}");
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateSchema)
        {
            // It is there now, and that is all that was wanted.
            return;
        }
    }

    public static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    public static long QueryLong(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(command.ExecuteScalar());
    }

    sealed class Steps(NpgsqlConnection connection, PostgresStoreSettings settings) : IStoreConnection
    {
        public string Place => settings.Place;

        public bool IsFirstRelease => false;

        public void Execute(string sql) => PostgresSession.Execute(connection, sql);

        public long QueryLong(string sql) => PostgresSession.QueryLong(connection, sql);

        public IReadOnlyCollection<StoreColumn> ColumnsOfTransactions()
        {
            using var command = new NpgsqlCommand(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'transactions'::regclass AND attnum > 0 AND NOT attisdropped",
                connection);
            using var rows = command.ExecuteReader();
            var found = new List<StoreColumn>();
            while (rows.Read()) found.Add(new StoreColumn(rows.GetString(0), rows.GetString(1)));
            return found;
        }

        public void NoteStep(int number, DateTimeOffset now) => Execute(
            $"INSERT INTO store_steps (number, applied_at) VALUES ({number}, to_timestamp({now.ToUnixTimeMilliseconds()} / 1000.0))");
    }
}
