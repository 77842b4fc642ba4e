using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class TwoHostsTests
{
    const int Rows = 6_000;

    [Fact]
    public async Task Hosts_with_one_role_each_do_the_work_of_one_and_a_standby_takes_over()
    {
        using var folder = new StreamFolder(Rows);
        await using var scorer = folder.Start("run", "--roles", "score", "--set", "batch.size=50", "--set", "speeds.speed_2=300/s");
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(folder.Data, "locks", "score@transactions.pid")), limitSeconds: 60);
        await using var spare = folder.Start("run", "--roles", "score", "--set", "speeds.speed_2=3000/s");
        await spare.LineAsync("this process waits and takes over");
        await using var rest = folder.Start("run", "--roles", "store,alert");
        await using var producer = folder.Start("simulate", "--input", folder.Input, "--set", "speeds.speed_1=unlimited");

        await Eventually.TrueAsync(() => folder.Status() is { Predictions: > Rows / 10 }, limitSeconds: 60);
        await scorer.KillAsync();
        folder.Status()!.Predictions.ShouldBeLessThan(Rows);
        (await producer.ExitAsync()).ShouldBe(0, producer.Errors);
        await Eventually.TrueAsync(
            () => folder.Status() is { Stored: Rows } status && status.Alerts == status.PredictedFrauds && status.Lag.Values.All(lag => lag == 0), limitSeconds: 60, everyMilliseconds: 20);

        await spare.TerminateAsync();
        await rest.TerminateAsync();
        (await spare.ExitAsync()).ShouldBe(0, spare.Errors);
        (await rest.ExitAsync()).ShouldBe(0, rest.Errors);
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
    }
}
