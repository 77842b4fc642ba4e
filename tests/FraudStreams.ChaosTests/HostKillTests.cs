using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>One process with all roles, killed repeatedly at random points of its work.</summary>
public sealed class HostKillTests(ITestOutputHelper output) : ChaosTest(output)
{
    static readonly int s_payments = ChaosForm.Of(20_000, 200_000);
    static readonly int s_kills = ChaosForm.Of(5, 50);

    [ChaosFact(Parts.Embedded)]
    public Task A_host_killed_at_random_loses_and_repeats_nothing_on_embedded_parts() =>
        PlayAsync("host killed", Parts.Embedded, 1, s_payments, KilledAsync);

    [ChaosFact(Parts.Production)]
    public Task A_host_killed_at_random_loses_nothing_on_Kafka_and_PostgreSQL() =>
        PlayAsync("host killed", Parts.Production, 2, s_payments, KilledAsync);

    static async Task KilledAsync(Stage stage, Chaos chaos)
    {
        foreach (var moment in chaos.Moments(s_kills))
        {
            // It never ends by itself, so there is always a process to kill.
            await using var victim = stage.Start("run", "--input", stage.Input.Csv, "--set", "speeds.speed_1=10000/s", "--set", "speeds.speed_2=9000/s", "--set", "speeds.speed_3=8000/s");
            await stage.ReachAsync(progress => progress.Work >= moment * 4 * stage.Input.Rows, $"{moment:P0} of the work", victim);
            await Task.Delay(chaos.Random.Next(300));
            victim.HasExited.ShouldBeFalse(victim.Errors);
            await victim.KillAsync();
            chaos.Did("kill -9", mayRepeatMails: true);
        }

        await stage.DrainAsync();
    }
}
