using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Sqlite;
using Npgsql;

namespace FraudStreams.Storage.Postgres;

/// <summary>The store on PostgreSQL. What it prints has no password.</summary>
/// <param name="Connection">Where the server is and who connects, in Npgsql's keywords, without a password.</param>
/// <param name="Password">Given apart; may be empty where the server asks for none.</param>
/// <param name="Schema">The schema of the database that holds the tables; made where it is missing.</param>
public sealed record PostgresStoreSettings(string Connection, SecretValue Password, string Schema)
{
    public const string PasswordVariable = "FRAUDSTREAMS_POSTGRES_PASSWORD";

    /// <summary>A statement that takes longer has failed; what it did is undone.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>With less than Full a crash of the server can lose rows whose position in `predictions` is committed already.</summary>
    public Durability Durability { get; init; } = Durability.Full;

    /// <summary>The longest record, in bytes, that is read.</summary>
    public int LongestRecord { get; init; } = 2 * 1024 * 1024;

    /// <summary>The server and database as messages name them.</summary>
    internal string Place
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
            // The value is not shown: what cannot be read may well hold a password.
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
    /// One connection of our own, not of a pool: the store's callers take turns. A server that no longer answers, its statement timeout
    /// included, is given up a little later than it would have answered.
    /// </summary>
    internal NpgsqlConnection ToConnection() => new(ToConnectionString(pooling: false));

    /// <summary>With the password: not to be shown.</summary>
    internal string ToConnectionString(bool pooling)
    {
        var connection = new NpgsqlConnectionStringBuilder(Connection)
        {
            Pooling = pooling,
            ApplicationName = "fraudstreams",
            Timeout = (int)Math.Ceiling(ConnectTimeout.TotalSeconds),
            CommandTimeout = (int)Math.Ceiling(StatementTimeout.TotalSeconds) + 5,
            CancellationTimeout = 1000,

            // Nobody sets anything for a session, and behind a pooler the session that would be reset may be another one.
            NoResetOnClose = true,
        };
        if (!Password.IsEmpty) connection.Password = Password.Reveal();
        return connection.ConnectionString;
    }
}
