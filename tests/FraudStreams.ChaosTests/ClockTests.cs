using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>The clock jumps, forward and back, while the program runs and between two starts.</summary>
public sealed class ClockTests(ITestOutputHelper output) : ChaosTest(output)
{
    static readonly int s_payments = ChaosForm.Of(6_000, 60_000);
    static readonly int s_jumps = ChaosForm.Of(4, 20);

    [ChaosFact(Parts.Embedded, movesClock: true)]
    public Task A_clock_that_jumps_stops_and_loses_nothing_on_embedded_parts() => PlayAsync("clock jumps", Parts.Embedded, 70, s_payments, JumpedAsync);

    [ChaosFact(Parts.Production, movesClock: true)]
    public Task A_clock_that_jumps_stops_and_loses_nothing_on_Kafka_and_PostgreSQL() =>
        PlayAsync("clock jumps", Parts.Production, 71, s_payments, JumpedAsync);

    /// <summary>
    /// Hours or days before or after the true time, forward and back by turns. On Kafka seconds: librdkafka computes its waits from the clock that it reads,
    /// and libfaketime ends them by the true one, so each would last as long as the jump. Where a machine's clock is set, they do not.
    /// </summary>
    static TimeSpan Distance(Stage stage, Chaos chaos, int jump) => stage is ProductionStage
        ? TimeSpan.FromSeconds(chaos.Random.Next(1, 20))
        : TimeSpan.FromMinutes(chaos.Random.Next(1, jump % 4 < 2 ? 180 : 4000));

    static async Task JumpedAsync(Stage stage, Chaos chaos)
    {
        var clock = new MovedClock(stage.Folder.File("clock"));
        var rows = stage.Input.Rows;
        var run = stage.Start(["run", "--input", stage.Input.Csv, .. Stage.Set([$"speeds.speed_1={ChaosForm.Of(1000, 2000)}/s"])], clock.Environment);
        try
        {
            await stage.ReachAsync(progress => progress is { Stored: > 0, Alerts: > 0 }, "a first alert", run);
            for (var jump = 0; jump < s_jumps; jump++)
            {
                var distance = Distance(stage, chaos, jump);
                clock.MoveTo(jump % 2 == 0 ? distance : -distance);
                chaos.Did(jump % 2 == 0 ? "jump forward" : "jump back", isOrderly: true);
                if (jump % 4 == 3)
                {
                    // librdkafka does not start where the clock that it reads has moved but not the one that it waits by, as with libfaketime.
                    if (stage is ProductionStage)
                        clock.MoveTo(TimeSpan.Zero);
                    await run.KillAsync();
                    await run.DisposeAsync();
                    chaos.Did("kill -9", mayRepeatMails: true);
                    run = stage.Start(["run", "--input", stage.Input.Csv, .. Stage.Set([$"speeds.speed_1={ChaosForm.Of(1000, 2000)}/s"])], clock.Environment);
                }

                var before = await stage.ReachAsync(_ => true, "an answer", run);
                await stage.ReachAsync(
                    progress => (progress.Scored > before.Scored + 500 && progress.Stored > before.Stored + 500 && progress.Alerts > before.Alerts) || progress.IsAtEnd(rows),
                    "progress after the jump", run);
            }

            await stage.ReachAsync(progress => progress.IsAtEnd(rows), "the end", run);
            await run.TerminateAsync();
            (await run.ExitAsync()).ShouldBe(0, run.Errors);
        }
        finally
        {
            await run.DisposeAsync();
        }
    }
}
