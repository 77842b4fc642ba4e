using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>A disk fills up under load, and has space again: that of topics, store and journal, or that of the database's tables.</summary>
public sealed class FullDiskTests(ITestOutputHelper output) : ChaosTest(output)
{
    static readonly int s_payments = ChaosForm.Of(6_000, 60_000);
    static readonly int s_disk = ChaosForm.Of(64, 400);
    static readonly int s_fills = ChaosForm.Of(2, 10);

    [ChaosFact(Parts.Embedded, fillsDisk: true)]
    public Task A_disk_that_fills_is_waited_for_and_loses_nothing() => PlayAsync("disk full", Parts.Embedded, 60, s_payments, FilledAsync, diskMegabytes: s_disk);

    [ChaosFact(Parts.Production, fillsDisk: true)]
    public Task A_disk_of_the_database_that_fills_is_waited_for_and_loses_nothing() =>
        PlayAsync("disk full", Parts.Production, 61, s_payments, FilledAsync, diskMegabytes: s_disk);

    static async Task FilledAsync(Stage stage, Chaos chaos)
    {
        await using var run = stage.Start(["run", "--input", stage.Input.Csv, "--until-drained", .. Stage.Set([$"speeds.speed_1={ChaosForm.Of(1000, 3000)}/s", .. stage.PatientSession])]);
        foreach (var moment in chaos.Moments(s_fills))
        {
            var reached = await stage.ReachAsync(progress => progress.Stored > 0 && progress.Work >= moment * 4 * stage.Input.Rows, $"{moment:P0} of the work", run);
            if (reached.IsAtEnd(stage.Input.Rows))
                break;
            var messages = DiskFullMessages(run);
            FailingServicesTests.Fill(stage.Filler);
            await Tests.Eventually.TrueAsync(() => run.HasExited || DiskFullMessages(run) > messages, "a message about the full disk", ChaosForm.LimitSeconds, everyMilliseconds: 20);
            if (run.HasExited)
                break;
            await Task.Delay(chaos.Random.Next(1500));
            run.HasExited.ShouldBeFalse(run.Errors);
            File.Delete(stage.Filler);
            chaos.Did("disk full", isOrderly: true);
        }

        // It may have been done before the disk was full.
        File.Delete(stage.Filler);

        (await run.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, run.Errors);
    }

    /// <summary>The program's own words, and PostgreSQL's where the journal of alerts meets the full disk.</summary>
    static int DiskFullMessages(FraudStreamsProcess run) => run.Output.Split(" full", StringSplitOptions.None).Length + run.Output.Split("No space left", StringSplitOptions.None).Length;
}
