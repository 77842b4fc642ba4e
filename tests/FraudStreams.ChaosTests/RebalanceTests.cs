using System.Diagnostics;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>Hosts join and leave every few seconds: stopped, killed, or stalled until the others have taken over their partitions.</summary>
public sealed class RebalanceTests(ITestOutputHelper output) : ChaosTest(output)
{
    const int MaxHosts = 3;

    static readonly int s_payments = ChaosForm.Of(10_000, 100_000);
    static readonly int s_changes = ChaosForm.Of(6, 40);
    static readonly int s_perSecond = ChaosForm.Of(700, 600);

    [ChaosFact(Parts.Production)]
    public Task Hosts_that_join_and_leave_all_the_time_lose_and_duplicate_nothing() =>
        PlayAsync("rebalance storm", Parts.Production, 40, s_payments, StormAsync);

    static async Task StormAsync(Stage stage, Chaos chaos)
    {
        var hosts = new List<FraudStreamsProcess> { StartHost(stage) };
        await using var producer = stage.Start("simulate", "--input", stage.Input.Csv, "--set", $"speeds.speed_1={s_perSecond}/s");
        var slowest = TimeSpan.Zero;
        try
        {
            await stage.ReachAsync(progress => progress.Stored > 0, "a first row");
            for (var change = 0; change < s_changes; change++)
            {
                if (hosts.Count < MaxHosts && (hosts.Count < 2 || chaos.Random.Next(2) == 0))
                {
                    hosts.Add(StartHost(stage));
                    chaos.Did("host joined", isOrderly: true);
                }
                else
                {
                    var leaving = hosts[chaos.Random.Next(hosts.Count)];
                    var time = await LeaveAsync(leaving, chaos);
                    slowest = time > slowest ? time : slowest;
                    if (leaving.HasExited)
                        hosts.Remove(leaving);
                }

                await stage.PassAsync(TimeSpan.FromMilliseconds(chaos.Random.Next(500, 2500)));
            }

            if (hosts.Count == 0)
                hosts.Add(StartHost(stage));
            (await producer.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, producer.Errors);
            await stage.ReachAsync(progress => progress.IsAtEnd(stage.Input.Rows), "the end", hosts);
            foreach (var host in hosts)
                await host.TerminateAsync();
            foreach (var host in hosts)
                (await host.ExitAsync()).ShouldBe(0, $"{host.Errors}\n{host.Output}");
            chaos.Remark($"slowest orderly leave {slowest.TotalSeconds:0.0} s");
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }

    static FraudStreamsProcess StartHost(Stage stage) => stage.Start("run", "--roles", "score,alert,store,label");

    static async Task<TimeSpan> LeaveAsync(FraudStreamsProcess host, Chaos chaos)
    {
        switch (chaos.Random.Next(3))
        {
            case 0:
                await host.KillAsync();
                chaos.Did("host killed", mayRepeatMails: true);
                return TimeSpan.Zero;
            case 1:
                // Longer than the session timeout: when it resumes, the others have its partitions, and it does not know yet.
                await host.StallAsync();
                await Task.Delay(TimeSpan.FromSeconds(5));
                await host.GoOnAsync();
                chaos.Did("host stalled 5 s", mayRepeatMails: true);
                return TimeSpan.Zero;
            default:
                var stopping = Stopwatch.StartNew();
                await host.TerminateAsync();
                (await host.ExitAsync()).ShouldBe(0, $"{host.Errors}\n{host.Output}");
                chaos.Did("host left", isOrderly: true);
                return stopping.Elapsed;
        }
    }
}
