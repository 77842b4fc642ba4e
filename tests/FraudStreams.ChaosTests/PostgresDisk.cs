using FraudStreams.Storage.Postgres;
using FraudStreams.Tests;
using FraudStreams.Tests.Storage;
using Npgsql;

namespace FraudStreams.ChaosTests;

/// <summary>A small disk that holds the tables of one store, as a tablespace. The server's write-ahead log is elsewhere, so that the server stays up.</summary>
sealed class PostgresDisk : IDisposable
{
    readonly PostgresServer _server;
    readonly SmallDisk _disk;
    readonly List<PostgresStoreSettings> _stores = [];
    readonly string _name = $"disk_{Guid.NewGuid():N}";

    public PostgresDisk(PostgresServer server, int megabytes)
    {
        _server = server;
        _disk = new SmallDisk(Directory.GetParent(server.DataFolder)!.FullName, megabytes);
        var tables = Path.Combine(_disk.Path, "tables");
        Directory.CreateDirectory(tables);
        PostgresServer.GiveTo(tables);
        PostgresServer.Execute(server.NewStore(), $"CREATE TABLESPACE {_name} LOCATION '{tables}'");
    }

    public string Filler => Path.Combine(_disk.Path, "filler");

    /// <summary>A store whose tables are on this disk.</summary>
    public PostgresStoreSettings NewStore()
    {
        var store = _server.NewStore();
        _stores.Add(store);
        return store with { Connection = new NpgsqlConnectionStringBuilder(store.Connection) { Options = $"-c default_tablespace={_name}" }.ConnectionString };
    }

    /// <summary>Tables whose disk has gone would fail other scenarios: whoever needs room in the server's memory writes back what is left of them there.</summary>
    public void Dispose()
    {
        if (_server.IsRunning)
        {
            foreach (var store in _stores)
                PostgresServer.Execute(store, $"DROP SCHEMA IF EXISTS \"{store.Schema}\" CASCADE");
            PostgresServer.Execute(_server.NewStore(), $"DROP TABLESPACE {_name}");
        }

        _disk.Dispose();
    }
}
