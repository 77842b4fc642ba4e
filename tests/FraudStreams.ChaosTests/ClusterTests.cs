using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>
/// Three brokers under one stream: restarted one after the other, killed while they lead and coordinate, one down for long, two down. With one down all
/// pipelines go on; with two down nothing is acknowledged, and nothing that was acknowledged is lost.
/// </summary>
public sealed partial class ClusterTests(ITestOutputHelper output) : ChaosTest(output)
{
    /// <summary>More than are produced while faults last; the rest is then produced without a rate limit.</summary>
    static readonly int s_payments = ChaosForm.Of(20_000, 200_000);

    static readonly string s_speed = $"{ChaosForm.Of(120, 200)}/s";

    /// <summary>So many records show that a pipeline makes progress: more than it may have had in flight.</summary>
    static readonly int s_some = ChaosForm.Of(60, 500);

    static readonly int s_rounds = ChaosForm.Of(1, 4);
    static readonly TimeSpan s_dead = TimeSpan.FromSeconds(ChaosForm.Of(3, 8));
    static readonly TimeSpan s_longAway = TimeSpan.FromSeconds(ChaosForm.Of(8, 90));
    static readonly TimeSpan s_twoAway = TimeSpan.FromSeconds(ChaosForm.Of(5, 60));

    [ChaosFact(Parts.Cluster)]
    public Task Brokers_that_restart_and_die_in_turn_lose_nothing_and_the_stream_ends() =>
        PlayAsync("three brokers, of which one or two are away", Parts.Cluster, 90, s_payments, async (stage, chaos) => await PlayAsync((ClusterStage)stage, chaos));

    static async Task PlayAsync(ClusterStage stage, Chaos chaos)
    {
        stage.SetSpeed(s_speed);
        await using var run = stage.Start("run", "--input", stage.Input.Csv, "--until-drained");
        await stage.ReachAsync(progress => progress is { Stored: > 0, Alerts: > 0 }, "a first alert", run);
        await stage.Cluster.WholeAsync();
        for (var round = 0; round < s_rounds; round++)
        {
            for (var node = 1; node <= KafkaCluster.Nodes; node++)
                await RestartedAsync(stage, chaos, run, node);
            var coordinator = await stage.CoordinatorAsync(ConsumerGroups.Score);
            await KilledAsync(stage, chaos, run, coordinator, "coordinator killed", s_dead);
            var others = Enumerable.Range(1, KafkaCluster.Nodes).Where(node => node != coordinator).ToArray();
            chaos.Random.Shuffle(others);
            await KilledAsync(stage, chaos, run, others[0], "broker away for long", s_longAway);
            await TwoAwayAsync(stage, chaos, run, others[1], coordinator);
        }

        stage.SetSpeed("unlimited");
        (await run.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, run.Errors);
        await ShouldShowNoLagAsync(stage);
    }

    static async Task RestartedAsync(ClusterStage stage, Chaos chaos, FraudStreamsProcess run, int node)
    {
        await stage.Cluster.StopAsync(node);
        await stage.Cluster.StartAsync(node);
        chaos.Did("broker restarted", isOrderly: true);
        await stage.Cluster.WholeAsync();
        await GoesOnAsync(stage, run, $"progress after broker {node} was restarted");
    }

    /// <summary>The other brokers go on while it is down, and all three afterwards.</summary>
    static async Task KilledAsync(ClusterStage stage, Chaos chaos, FraudStreamsProcess run, int node, string fault, TimeSpan away)
    {
        await stage.Cluster.SpreadAsync();
        var since = Stopwatch.StartNew();
        await stage.Cluster.KillAsync(node);
        chaos.Did(fault);
        await GoesOnAsync(stage, run, $"progress while broker {node} was away");
        if (away - since.Elapsed is { Ticks: > 0 } rest)
            await Task.Delay(rest);
        await GoesOnAsync(stage, run, $"progress when broker {node} had been away for {since.Elapsed.TotalSeconds:0} s");
        await stage.Cluster.StartAsync(node);
        await stage.Cluster.WholeAsync();
        await GoesOnAsync(stage, run, $"progress when broker {node} was back");
    }

    /// <summary>The third still leads some partitions, and must acknowledge nothing.</summary>
    static async Task TwoAwayAsync(ClusterStage stage, Chaos chaos, FraudStreamsProcess run, int first, int second)
    {
        var third = Enumerable.Range(1, KafkaCluster.Nodes).Single(node => node != first && node != second);
        await stage.Cluster.SpreadAsync();
        await Tests.Eventually.TrueAsync(
            async () => (await stage.LedByAsync(third)).Count > 0, $"broker {third} to lead a partition again", everyMilliseconds: 200);
        await stage.Cluster.KillAsync(first);
        await stage.Cluster.KillAsync(second);
        chaos.Did("two brokers away");

        var before = await StandsStillAsync(run);
        await Task.Delay(s_twoAway);
        Acknowledged(run)[^1].ShouldBe(before, "payments and predictions acknowledged while two brokers of three are away");
        run.HasExited.ShouldBeFalse(run.Errors);

        await Task.WhenAll(stage.Cluster.StartAsync(first), stage.Cluster.StartAsync(second));
        await stage.Cluster.WholeAsync();
        await GoesOnAsync(stage, run, "progress when all brokers were back");
    }

    /// <summary>Every pipeline has made progress, as the brokers report it.</summary>
    static async Task GoesOnAsync(ClusterStage stage, FraudStreamsProcess run, string what)
    {
        var before = await stage.ReachAsync(_ => true, "an answer", run);
        before.Produced.ShouldBeLessThan(stage.Input.Rows, "payments before the last fault: they were to last longer than the faults");
        await stage.ReachAsync(
            progress => progress.Scored > before.Scored + s_some && progress.Stored > before.Stored + s_some && progress.Alerted > before.Alerted + s_some, what, run);
    }

    /// <summary>Waits until what was in flight is acknowledged.</summary>
    static async Task<(long Payments, long Predictions)> StandsStillAsync(FraudStreamsProcess run)
    {
        // The brokers cannot be asked: one of three does not know where its partitions end. The program says what they acknowledged to it, in a line that waits
        // for their answers, too.
        const int same = 3;
        var before = Acknowledged(run).Count;
        await Tests.Eventually.TrueAsync(
            () => Acknowledged(run).Skip(before).ToList() is { Count: >= same } lines && lines.TakeLast(same).Distinct().Count() == 1,
            "writes to wait while two brokers of three are away", limitSeconds: 60, everyMilliseconds: 500);
        return Acknowledged(run)[^1];
    }

    /// <summary>What each line of totals says so far, the last last.</summary>
    static List<(long Payments, long Predictions)> Acknowledged(FraudStreamsProcess run)
    {
        return [.. Totals().Matches(run.Output).Select(totals => (Number(totals.Groups[1]), Number(totals.Groups[2])))];

        static long Number(Group digits) => long.Parse(digits.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"produced ([\d,]+) \(.*?scored ([\d,]+) \(")]
    private static partial Regex Totals();

    static async Task ShouldShowNoLagAsync(Stage stage)
    {
        await using var status = stage.Start("status", "--json");
        (await status.ExitAsync()).ShouldBe(0, status.Errors);
        foreach (var group in status.Json().GetProperty("lag").EnumerateObject())
            group.Value.GetInt64().ShouldBe(0, $"the lag of {group.Name}");
    }
}
