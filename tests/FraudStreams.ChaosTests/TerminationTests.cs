using System.Diagnostics;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>SIGTERM under load, repeatedly: what is in flight is drained, so nothing is repeated, and the process ends in time.</summary>
public sealed class TerminationTests(ITestOutputHelper output) : ChaosTest(output)
{
    static readonly int s_payments = ChaosForm.Of(10_000, 100_000);
    static readonly int s_stops = ChaosForm.Of(3, 20);

    /// <summary>stop.drain-timeout, and the end of the process.</summary>
    static readonly TimeSpan s_bound = TimeSpan.FromSeconds(25);

    [ChaosFact(Parts.Embedded)]
    public Task A_host_stopped_under_load_ends_in_time_on_embedded_parts() => PlayAsync("SIGTERM", Parts.Embedded, 50, s_payments, StoppedAsync);

    [ChaosFact(Parts.Production)]
    public Task A_host_stopped_under_load_ends_in_time_on_Kafka_and_PostgreSQL() =>
        PlayAsync("SIGTERM", Parts.Production, 51, s_payments, StoppedAsync);

    static async Task StoppedAsync(Stage stage, Chaos chaos)
    {
        var slowest = TimeSpan.Zero;
        for (var stop = 0; stop < s_stops; stop++)
        {
            var before = stage.Progress()?.Work ?? 0;
            await using var run = stage.Start(["run", "--input", stage.Input.Csv, .. Stage.Set([$"speeds.speed_1={ChaosForm.Of(3000, 6000)}/s", .. stage.PatientSession])]);
            await stage.ReachAsync(progress => progress.Work > before || progress.IsAtEnd(stage.Input.Rows), "a beginning", run);
            await Task.Delay(chaos.Random.Next(1000));

            var stopping = Stopwatch.StartNew();
            await run.TerminateAsync();
            (await run.ExitAsync()).ShouldBe(0, $"{run.Output}\n{run.Errors}");

            stopping.Elapsed.ShouldBeLessThan(s_bound);
            slowest = stopping.Elapsed > slowest ? stopping.Elapsed : slowest;
            chaos.Did("SIGTERM", isOrderly: true);
        }

        chaos.Remark($"slowest stop {slowest.TotalSeconds:0.0} s");
        await stage.DrainAsync([.. stage.PatientSession]);
    }
}
