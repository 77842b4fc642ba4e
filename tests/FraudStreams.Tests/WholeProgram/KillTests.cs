using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class KillTests
{
    const int Rows = 20_000;
    const int Kills = 10;

    /// <summary>The sum of the pipelines' work at the end: produced, scored, stored.</summary>
    const int AllWork = 3 * Rows;

    [Fact]
    public async Task A_run_killed_ten_times_loses_no_row_and_duplicates_none()
    {
        var random = new Random(20261121);
        using var folder = new StreamFolder(Rows);

        string[] arguments = ["run", "--input", folder.Input, "--set", "batch.size=100", "--set", "store.batch.size=300"];
        string[] paced = ["--set", "speeds.speed_1=10000/s", "--set", "speeds.speed_2=8000/s", "--set", "speeds.speed_3=7000/s"];
        var moments = Enumerable.Range(0, Kills).Select(_ => random.NextDouble() * 0.9 * AllWork).Order().ToList();

        foreach (var moment in moments)
        {
            // Such a run never ends by itself, so there is always a process to kill.
            await using var victim = folder.Start([.. arguments, .. paced]);
            await Eventually.TrueAsync(() => WorkDone(folder) >= moment, $"{moment:0} of {AllWork} done", 60);
            victim.HasExited.ShouldBeFalse($"{victim.Output}\n{victim.Errors}");
            await victim.KillAsync();
        }

        await using var last = await folder.RunAsync([.. arguments, "--until-drained"]);
        (await last.ExitAsync()).ShouldBe(0, last.Errors);
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
    }

    static long WorkDone(StreamFolder folder) =>
        folder.Status() is { } status ? status.Transactions + status.Predictions + status.Rejected + status.Stored : 0;
}
