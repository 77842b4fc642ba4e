using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Cli;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class HealthTests
{
    [Fact]
    public async Task A_running_host_is_healthy_and_a_killed_or_stopped_one_is_missing()
    {
        using var folder = new StreamFolder(payments: 500);
        await using var none = await folder.RunAsync("health");
        await using var killed = folder.Start("run", "--roles", "score", "store");
        await HealthyAsync(folder, killed);
        await killed.KillAsync();
        await using var after = await folder.RunAsync("health");
        await using var stopped = folder.Start("run", "--roles", "score", "store");
        var json = await HealthyAsync(folder, stopped);
        await stopped.TerminateAsync();
        (await stopped.ExitAsync()).ShouldBe(0, stopped.Errors);

        (await none.ExitAsync()).ShouldBe(1);
        none.Errors.ShouldContain("no process of this machine runs on fraudstreams-data");
        (await after.ExitAsync()).ShouldBe(1);
        json.ShouldContain("\"score\"");
        json.ShouldContain("\"heartbeat_age_seconds\": ");
        Directory.GetFiles(Path.Combine(folder.Data, "hosts")).ShouldBeEmpty();
    }

    /// <summary>The store cannot be written: its pipeline keeps failing, and `health` reports the reason.</summary>
    [Fact]
    public async Task A_pipeline_that_keeps_failing_is_reported_with_its_reason()
    {
        using var folder = new StreamFolder(payments: 500);
        await using var first = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        await using var run = folder.Start("run", "--set", "speeds.speed_1=500/s");
        await HealthyAsync(folder, run);
        using var lockedOut = FraudStreams.Sqlite.SqliteFile.Open(folder.StoreFile, FraudStreams.Sqlite.SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        lockedOut.Begin();

        await Heartbeats.UntilAsync(folder.Data, isHealthy: false);
        await using var health = await folder.RunAsync("health");
        var (code, output) = (await health.ExitAsync(), health.Output);

        code.ShouldBe(1);
        output.ShouldContain("store has been failing since");
    }

    static async Task<string> HealthyAsync(StreamFolder folder, FraudStreamsProcess host)
    {
        await Heartbeats.UntilAsync(folder.Data, isHealthy: true, host);
        await using var health = await folder.RunAsync("health", "--json");
        (await health.ExitAsync()).ShouldBe(0, $"{health.Output}\n{host.Output}\n{host.Errors}");
        return health.Output;
    }
}
