using FraudStreams.Tests;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using Xunit;

namespace FraudStreams.ChaosTests;

/// <summary>
/// A broker and a database server, started for the first scenario that needs them. Each scenario has topics, groups and a schema of its own, and finds
/// both servers running, however the one before it left them. One scenario at a time.
/// </summary>
sealed class ChaosServers : IAsyncLifetime
{
    static ChaosServers? s_started;

    ChaosServers()
    {
    }

    /// <summary>A short session timeout, so that scenarios of many kills do not wait long for rebalances.</summary>
    public KafkaBroker Broker { get; } = new(port =>
        [$"listeners=PLAINTEXT://127.0.0.1:{port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{port}", "group.min.session.timeout.ms=1000"]);

    /// <summary>Keeps commit timestamps, which say when a row was stored.</summary>
    public PostgresServer Postgres { get; } = new("track_commit_timestamp = on");

    public static async Task<ChaosServers> UpAsync()
    {
        if (s_started is not { } servers)
            return s_started = await SharedServers.StartAsync(new ChaosServers());
        if (servers.Broker.IsRunning)
            await servers.Broker.GoOnAsync();
        else
            await servers.Broker.StartAsync();
        if (servers.Postgres.IsRunning)
            await servers.Postgres.GoOnAsync();
        else
            servers.Postgres.Start();
        return servers;
    }

    public Task InitializeAsync() => Task.WhenAll(Broker.InitializeAsync(), Postgres.InitializeAsync());

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
