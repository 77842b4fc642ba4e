using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using Xunit;

namespace FraudStreams.ChaosTests;

/// <summary>
/// A broker and a database server, started for the first scenario that needs them. Each scenario has topics, groups and a schema of its own, and finds
/// both servers running, however the one before it left them.
/// </summary>
public sealed class ChaosServers : IAsyncLifetime
{
    bool _started;

    /// <summary>A short session timeout, so that scenarios of many kills do not wait long for rebalances.</summary>
    internal KafkaBroker Broker { get; } = new(port =>
        [$"listeners=PLAINTEXT://127.0.0.1:{port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{port}", "group.min.session.timeout.ms=1000"]);

    /// <summary>Keeps commit timestamps, which say when a row was stored.</summary>
    internal PostgresServer Postgres { get; } = new("track_commit_timestamp = on");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (!_started)
            return;
        await Broker.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    internal async Task EnsureUpAsync()
    {
        if (!_started)
        {
            _started = true;
            await Task.WhenAll(Broker.InitializeAsync(), Postgres.InitializeAsync());
            return;
        }

        if (Broker.IsRunning)
            await Broker.GoOnAsync();
        else
            await Broker.StartAsync();
        if (Postgres.IsRunning)
            await Postgres.GoOnAsync();
        else
            Postgres.Start();
    }
}
