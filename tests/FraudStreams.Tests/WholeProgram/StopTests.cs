using FraudStreams.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class StopTests
{
    const int LeftAtOnce = 130;
    const int Rows = 1_500;

    /// <summary>The store is limited so that it is far from the last row when its lock is taken, however slow the machine is.</summary>
    const string StoreLimit = "speeds.speed_3=200/s";

    /// <summary>How long a write of the store waits for a lock: no stop may wait for that.</summary>
    static readonly TimeSpan LockPatience = new FraudStreams.Storage.Sqlite.SqliteStoreSettings("").LockTimeout;

    [Fact]
    public async Task A_pipeline_that_cannot_drain_is_named_and_resumes_at_the_next_start()
    {
        using var folder = new StreamFolder(Rows);
        await using (var run = folder.Start("run", "--input", folder.Input, "--set", "speeds.speed_1=1000/s", "--set", StoreLimit, "--set", "stop.drain-timeout=2s"))
        {
            using var other = await LockStoreAsync(folder);
            await run.InterruptAsync();
            var stopping = System.Diagnostics.Stopwatch.StartNew();

            (await run.ExitAsync()).ShouldBe(1, run.Errors);
            stopping.Elapsed.ShouldBeLessThan(LockPatience / 2);
            // On a busy machine another pipeline may be late as well.
            run.Output.ShouldMatch(@"Stopped after 2 s \(stop\.drain-timeout\) with (\w+, )*store(, \w+)* unfinished");
        }

        await using var next = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        (await next.ExitAsync()).ShouldBe(0, next.Errors);
        folder.ShouldHoldAll(Rows);
    }

    [Fact]
    public async Task A_second_interrupt_ends_at_once_and_still_loses_nothing()
    {
        using var folder = new StreamFolder(Rows);
        await using (var run = folder.Start("run", "--input", folder.Input, "--set", "speeds.speed_1=1000/s", "--set", StoreLimit, "--set", "stop.drain-timeout=10m"))
        {
            using var other = await LockStoreAsync(folder);
            await run.InterruptAsync();
            await run.LineAsync("Ctrl-C: draining what is in flight");
            await run.InterruptAsync();

            (await run.ExitAsync()).ShouldBe(LeftAtOnce);
        }

        await using var next = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        (await next.ExitAsync()).ShouldBe(0, next.Errors);
        folder.ShouldHoldAll(Rows);
    }

    [Theory]
    [InlineData("40/s")]
    [InlineData("pause")]
    public async Task A_limit_before_the_store_holds_while_stopping_and_delays_no_stop(string speed)
    {
        using var folder = new StreamFolder(Rows);
        long stored;
        await using (var run = folder.Start(
            "run", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--set", $"speeds.speed_3={speed}", "--set", "stop.drain-timeout=30s"))
        {
            await Eventually.TrueAsync(() => folder.Status() is { Predictions: Rows } status && (status.Stored > 0 || speed == "pause"), limitSeconds: 60);
            stored = folder.Status()!.Stored;
            var stopping = System.Diagnostics.Stopwatch.StartNew();
            await run.InterruptAsync();
            (await run.ExitAsync()).ShouldBe(0, run.Errors);
            stopping.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        }

        (folder.Status()!.Stored - stored).ShouldBeLessThan(400);
        await using var next = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        (await next.ExitAsync()).ShouldBe(0, next.Errors);
        folder.ShouldHoldAll(Rows);
    }

    /// <summary>Holds the store's lock from the first stored row until everything is scored: then the store has a batch that it cannot write.</summary>
    static async Task<SqliteFile> LockStoreAsync(StreamFolder folder)
    {
        await Eventually.TrueAsync(() => folder.Status() is { Stored: > 0 }, limitSeconds: 60);
        var file = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        file.Begin();
        folder.Status()!.Stored.ShouldBeLessThan(Rows);
        await Eventually.TrueAsync(() => folder.Status() is { Predictions: Rows } status && status.Lag["store"] > 0, limitSeconds: 60);
        return file;
    }
}
