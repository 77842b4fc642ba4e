using FraudStreams.Messaging;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Integration")]
public sealed class LogKillTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_publisher_loses_no_acknowledged_batch_and_splits_none()
    {
        var random = new Random(20260101);
        var safe = -1L;
        for (var kill = 0; kill < 5; kill++)
        {
            using var worker = WorkerProcess.Start("publish", _folder);
            for (var lines = random.Next(1, 200); lines > 0; lines--)
                safe = long.Parse(await worker.ReadLineAsync() ?? throw new InvalidOperationException("the worker ended by itself"));
            await worker.KillAsync();
        }

        await using var log = LogOf.Open(LogOf.Settings(_folder));
        var position = await log.PositionAsync("count", new TopicPartition("file:numbers", 0));

        position.ShouldBeGreaterThan(safe);
        LogOf.Values(log, "transactions").ShouldBe(
            Enumerable.Range(0, (int)position).SelectMany(number => new[] { $"{number}a", $"{number}b", $"{number}c" }));
    }
}
