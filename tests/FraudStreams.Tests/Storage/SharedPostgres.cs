using FraudStreams.Storage.Postgres;
using Xunit;

namespace FraudStreams.Tests.Storage;

/// <summary>The PostgreSQL of all tests that leave the server as it is: the first of them starts it. Each store has a schema of its own.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    static readonly Lazy<Task<PostgresServer>> s_server = new(() => SharedServers.StartAsync(new PostgresServer()));

    PostgresServer? _server;

    public async Task InitializeAsync() => _server = await s_server.Value;

    public Task DisposeAsync() => Task.CompletedTask;

    /// <inheritdoc cref="PostgresServer.NewStore"/>
    public PostgresStoreSettings NewStore() => _server!.NewStore();
}
