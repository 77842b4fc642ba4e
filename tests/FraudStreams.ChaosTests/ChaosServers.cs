using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using Xunit;

namespace FraudStreams.ChaosTests;

/// <summary>
/// A broker and a database server of these tests' own, started for the first scenario that needs them. Each scenario has topics, groups and a schema
/// that no other has, and finds both servers up, however the one before it left them.
/// </summary>
public sealed class ChaosServers : IAsyncLifetime
{
    bool _started;

    /// <summary>A host that dies is missed after seconds: what a scenario of many kills has time for.</summary>
    internal KafkaBroker Broker { get; } = new(port =>
        [$"listeners=PLAINTEXT://127.0.0.1:{port}", $"advertised.listeners=PLAINTEXT://127.0.0.1:{port}", "group.min.session.timeout.ms=1000"]);

    /// <summary>When a row was committed says when it was stored.</summary>
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
