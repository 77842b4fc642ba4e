using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Sqlite;
using Npgsql;

namespace FraudStreams.Storage.Postgres;

/// <summary>The settings of a store on PostgreSQL. Its text has no password.</summary>
/// <param name="Connection">Server, database and user, in Npgsql's keywords, without a password.</param>
/// <param name="Password">The password, which comes from elsewhere; may be empty if the server needs none.</param>
/// <param name="Schema">The database schema that holds the tables; created if it is missing.</param>
public sealed record PostgresStoreSettings(string Connection, SecretValue Password, string Schema)
{
    public const string PasswordVariable = "FRAUDSTREAMS_POSTGRES_PASSWORD";

    /// <summary>A statement that takes longer fails and is rolled back.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>With less than Full, a crash of the server can lose rows whose offset in `predictions` is committed already.</summary>
    public Durability Durability { get; init; } = Durability.Full;

    /// <summary>The maximum size of a record, in bytes.</summary>
    public int LongestRecord { get; init; } = 2 * 1024 * 1024;

    /// <summary>The server and database, for messages.</summary>
    internal string Location
    {
        get
        {
            var connection = new NpgsqlConnectionStringBuilder(Connection);
            return $"PostgreSQL database {connection.Database ?? connection.Username} at {connection.Host}:{connection.Port}, schema {Schema}";
        }
    }

    /// <summary>Reads `store.postgresql`.</summary>
    /// <exception cref="SettingsException">A key is senseless, or the connection string holds the password.</exception>
    public static PostgresStoreSettings Read(SettingsSection section, Func<string, string?> environment)
    {
        const string right = "Npgsql's keywords without a password, such as \"Host=db;Database=fraudstreams;Username=fraudstreams\"";
        NpgsqlConnectionStringBuilder connection;
        try
        {
            connection = new NpgsqlConnectionStringBuilder(section.Text("connection-string"));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // The value is not shown: it may hold a password.
            throw new SettingsException($"{section.PathOf("connection-string")} cannot be read: it must be {right}", e);
        }

        if (connection.Password is { Length: > 0 })
        {
            throw new SettingsException(
                $"{section.PathOf("connection-string")} holds a password: give it in {PasswordVariable} or {section.PathOf("password-file")}");
        }

        if (connection.MaxAutoPrepare > 0)
        {
            throw new SettingsException(
                $"{section.PathOf("connection-string")} sets Max Auto Prepare: leave it out. A statement is prepared in one session of the server, "
                + "and a pooler such as PgBouncer may run the next transaction in another, where the same name can be another's statement");
        }

        if (string.IsNullOrEmpty(connection.Host))
            throw new SettingsException($"{section.PathOf("connection-string")} names no host: it must be {right}");
        if (section.Text("schema") is not { Length: > 0 } schema || Encoding.UTF8.GetByteCount(schema) > PostgresSession.LongestName
            || schema.Any(c => char.IsControl(c) || c is '"' or '\''))
            throw section.Senseless("schema", $"a name of 1 to {PostgresSession.LongestName} bytes, without quotes");
        return new PostgresStoreSettings(connection.ConnectionString, SecretValue.Read(PasswordVariable, section, "password-file", environment), schema)
        {
            StatementTimeout = section.Duration("statement-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
            ConnectTimeout = section.Duration("connect-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        };
    }

    internal StoreTableNames Tables => new(Schema);

    /// <summary>
    /// A connection without Npgsql's pool: the store's callers take turns. A call to a server that no longer answers, not even with its statement timeout,
    /// is cancelled a little after that timeout, but for those that have none.
    /// </summary>
    internal NpgsqlConnection ToConnection() => new(ToConnectionString(pooling: false));

    /// <summary>Contains the password: not to be shown.</summary>
    internal string ToConnectionString(bool pooling)
    {
        var connection = new NpgsqlConnectionStringBuilder(Connection)
        {
            Pooling = pooling,
            ApplicationName = "fraudstreams",
            Timeout = (int)Math.Ceiling(ConnectTimeout.TotalSeconds),
            CommandTimeout = (int)Math.Ceiling(StatementTimeout.TotalSeconds) + 5,
            CancellationTimeout = 1000,

            // No settings are made for a session, and behind a pooler the session that would be reset may be another one.
            NoResetOnClose = true,
        };

        // What has no timeout ends, too, when the server is gone. A Unix socket has no probes, and is closed then.
        if (connection.Host is { } host && !host.Contains('/') && !host.Contains('@'))
            (connection.TcpKeepAlive, connection.TcpKeepAliveTime, connection.TcpKeepAliveInterval) = (true, 60, 10);
        if (!Password.IsEmpty) connection.Password = Password.Reveal();
        return connection.ConnectionString;
    }
}
