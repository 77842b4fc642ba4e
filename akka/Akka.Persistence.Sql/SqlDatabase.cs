using System.Data.Common;
using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Akka.Persistence.Sql;

/// <summary>The database that a plugin's section names, and how its kind spells things.</summary>
internal sealed class SqlDatabase
{
    readonly DbProviderFactory _factory;
    readonly string _connectionString;
    readonly string? _schema;
    readonly string _tableName;
    readonly bool _makesTables;
    volatile bool _isReady;

    internal SqlDatabase(Config section, string table)
    {
        var config = section.WithFallback(ConfigurationFactory.FromResource<SqlDatabase>("Akka.Persistence.Sql.persistence.conf").GetConfig(
            table == "journal" ? "akka.persistence.journal.sql" : "akka.persistence.snapshot-store.sql"));
        var provider = config.GetString("provider-name") ?? "";
        IsPostgres = provider.StartsWith("PostgreSQL", StringComparison.OrdinalIgnoreCase);
        if (!IsPostgres && !provider.StartsWith("SQLite", StringComparison.OrdinalIgnoreCase))
            throw new ConfigurationException($"provider-name is [{provider}]; here it can be SQLite.MS or PostgreSQL");
        if (config.GetString("table-mapping") is { } mapping && mapping != "default")
            throw new ConfigurationException($"table-mapping is [{mapping}]; here it can only be default");
        _factory = IsPostgres ? NpgsqlFactory.Instance : SqliteFactory.Instance;
        _connectionString = config.GetString("connection-string") is { Length: > 0 } text
            ? text
            : throw new ConfigurationException("connection-string is missing");
        _schema = config.GetString("default.schema-name") is { Length: > 0 } schema && schema != "null" ? schema : null;
        _tableName = config.GetString($"default.{table}.table-name")!;
        _makesTables = config.GetBoolean("auto-initialize");
        BufferSize = config.GetInt("buffer-size", 5000);
        BatchSize = Math.Max(1, config.GetInt("batch-size", 100));
    }

    internal bool IsPostgres { get; }

    internal int BufferSize { get; }

    internal int BatchSize { get; }

    internal string TableName => _tableName;

    /// <summary>The table as a statement names it.</summary>
    internal string Table => _schema is null ? Quote(_tableName) : $"{Quote(_schema)}.{Quote(_tableName)}";

    internal string BigInteger => IsPostgres ? "bigint" : "INTEGER";

    internal string Bytes => IsPostgres ? "bytea" : "BLOB";

    internal string Boolean => IsPostgres ? "boolean" : "INTEGER";

    /// <summary>An open connection; the first also makes the tables where they are missing.</summary>
    internal async Task<DbConnection> OpenAsync(Func<SqlDatabase, string> tables)
    {
        var connection = _factory.CreateConnection()!;
        try
        {
            connection.ConnectionString = _connectionString;
            await connection.OpenAsync().ConfigureAwait(false);
            if (_makesTables && !_isReady) await InitializeAsync(connection, tables(this)).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    async Task InitializeAsync(DbConnection connection, string sql)
    {
        // Two processes that start at once would both find no table, and PostgreSQL tells the second only that a name is taken.
        var alone = IsPostgres ? $"SELECT pg_advisory_xact_lock(hashtext('{_tableName.Replace("'", "''")}'));\n" : "";
        if (IsPostgres && _schema is not null) alone += $"CREATE SCHEMA IF NOT EXISTS {Quote(_schema)};\n";
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = alone + sql;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        await transaction.CommitAsync().ConfigureAwait(false);
        _isReady = true;
    }

    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}

internal static class DbCommandParameters
{
    internal static DbCommand With(this DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
        return command;
    }
}
