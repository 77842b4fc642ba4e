using FraudStreams.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

[Trait("Category", "Integration")]
public sealed class StoreKillTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_process_killed_while_storing_leaves_whole_batches_and_loses_no_commit()
    {
        var random = new Random(20260102);
        var safe = 0L;
        for (var kill = 0; kill < 5; kill++)
        {
            using var worker = WorkerProcess.Start("store", _folder);
            for (var lines = random.Next(1, 60); lines > 0; lines--)
                safe = long.Parse(await worker.ReadLineAsync() ?? throw new InvalidOperationException("the worker ended by itself"));
            await worker.KillAsync();
        }

        using var file = SqliteFile.Open(Path.Combine(_folder, "fraudstreams.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        var stored = file.QueryLong("SELECT count(*) FROM transactions");

        file.QueryText("PRAGMA integrity_check").ShouldBe("ok");
        stored.ShouldBeGreaterThanOrEqualTo(safe);
        (stored % StoreWorker.BatchRecords).ShouldBe(0);
    }
}

/// <summary>Stores new payments, a batch at a time, until it is killed; prints what is durable after each.</summary>
static class StoreWorker
{
    public const int BatchRecords = 50;

    public static async Task<int> RunAsync(string folder)
    {
        await using var store = Predictions.Open(folder);
        while (true)
        {
            var first = (await store.CountAsync()).Stored;
            await store.WriteAsync(Predictions.Records(Enumerable.Range(0, BatchRecords).Select(i => Predictions.Json($"t{first + i}"))));
            Console.WriteLine((await store.CountAsync()).Stored);
        }
    }
}
