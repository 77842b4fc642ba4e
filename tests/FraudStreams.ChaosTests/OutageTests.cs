using FraudStreams.Simulation.Generation;
using FraudStreams.Sqlite;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>A server is stopped or killed under load, and restarted after seconds or a minute; pipelines that do not need it keep their latency.</summary>
[Collection(AloneCollection.Name)]
public sealed class OutageTests(ITestOutputHelper output) : ChaosTest(output)
{
    /// <summary>Enough for a median.</summary>
    const int SomeAlerts = 25;

    /// <summary>No sender of mails crashes here, so as many may be in flight as the frauds of a night need; else mails would wait for each other.</summary>
    const string ManyMails = "alerts.parallel=16";

    static readonly int s_perSecond = ChaosForm.Of(400, 500);

    /// <summary>
    /// Payments are paced by event time, and batches are out of step with the store's, 5 a second. With bursts at a steady rate and
    /// batches every tenth of a second, batches would always meet at the same phase, and latencies would depend on when it began.
    /// </summary>
    static readonly string[] s_outOfStep =
    [
        "batch.wait=73ms",
        "simulate.pace=event-time", $"simulate.event-time-factor={s_perSecond * 86_400 / new GeneratorSettings().PaymentsPerDay}", "speeds.speed_1=unlimited",
    ];

    /// <summary>
    /// Payments before the quiet window: to the first morning, since alerts come in bursts at night, and since the program is warming up. In the short form
    /// quiet window and outage are over before the next night.
    /// </summary>
    static readonly int s_warmUpPayments = ChaosForm.Of(600, 5_000);

    static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(ChaosForm.Of(3, 20));
    static readonly TimeSpan[] s_outages = [.. ChaosForm.Of<int[]>([3], [5, 60]).Select(seconds => TimeSpan.FromSeconds(seconds))];
    static readonly int s_payments = ChaosForm.Of(6_000, 60_000);

    [ChaosFact(Parts.Embedded)]
    public Task A_dead_mail_server_slows_neither_scoring_nor_store_on_embedded_parts() => PlayUpToTwiceAsync("mail server away", Parts.Embedded, 10, MailAwayAsync);

    [ChaosFact(Parts.Production)]
    public Task A_dead_mail_server_slows_nothing_else_on_Kafka_and_PostgreSQL() =>
        PlayUpToTwiceAsync("mail server away", Parts.Production, 11, MailAwayAsync);

    [ChaosFact(Parts.Embedded)]
    public Task A_locked_store_slows_neither_scoring_nor_alerts_on_embedded_parts() => PlayUpToTwiceAsync("store locked", Parts.Embedded, 12, async (stage, chaos) =>
    {
        SqliteFile? other = null;
        await AwayAsync(
            stage, chaos, [ManyMails],
            _ =>
            {
                other = SqliteFile.Open(stage.Folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
                other.Begin();
                chaos.Did("store locked", isOrderly: true);
                return Task.CompletedTask;
            },
            () =>
            {
                other!.RollBack();
                other.Dispose();
                return Task.CompletedTask;
            },
            AlertsGoOn);
    });

    [ChaosFact(Parts.Production)]
    public Task A_database_that_stops_or_dies_slows_neither_scoring_nor_alerts() => PlayUpToTwiceAsync("PostgreSQL away", Parts.Production, 13, async (stage, chaos) =>
    {
        var postgres = ((ProductionStage)stage).Postgres;

        // With the journal of alerts in the database too, alerts would need it.
        await AwayAsync(
            stage, chaos, [ManyMails, "alerts.journal.kind=sqlite"],
            async outage =>
            {
                if (outage % 2 == 0)
                    await postgres.KillAsync();
                else
                    postgres.Stop();
                chaos.Did(outage % 2 == 0 ? "PostgreSQL killed" : "PostgreSQL stopped");
            },
            () =>
            {
                postgres.Start();
                return Task.CompletedTask;
            },
            AlertsGoOn);
    });

    [ChaosFact(Parts.Production)]
    public Task A_broker_that_dies_is_waited_for_and_loses_nothing() => PlayAsync("broker away", Parts.Production, 14, s_payments, async (stage, chaos) =>
    {
        var broker = ((ProductionStage)stage).Broker;
        await AwayAsync(
            stage, chaos, [],
            async _ =>
            {
                await broker.KillAsync();
                chaos.Did("broker killed");
            },
            broker.StartAsync,
            null);
    });

    /// <summary>
    /// What an outage delays is late each time. Windows of seconds may also be late because the machine is busy, but hardly twice in a row: the short form
    /// runs again before it fails for that.
    /// </summary>
    async Task PlayUpToTwiceAsync(string scenario, Parts parts, int number, Func<Stage, Chaos, Task> story)
    {
        try
        {
            await PlayAsync(scenario, parts, number, s_payments, story);
        }
        catch (SlowerMeanwhileException) when (!ChaosForm.IsLong)
        {
            await PlayAsync(scenario, parts, number, s_payments, story);
        }
    }

    static Task MailAwayAsync(Stage stage, Chaos chaos) => AwayAsync(
        stage, chaos, [],
        async _ =>
        {
            await stage.Mail.KillAsync();
            chaos.Did("mail server killed", mayRepeatMails: true);
        },
        stage.Mail.StartAsync,
        (chaos, waiting, quiet, meanwhile) =>
        {
            Waiting.ShouldBeAsQuick(chaos, "to predictions", waiting.ToPrediction(quiet), waiting.ToPrediction(meanwhile));
            Waiting.ShouldBeAsQuick(chaos, "to the store", waiting.ToStore(quiet), waiting.ToStore(meanwhile));
        });

    static void AlertsGoOn(Chaos chaos, Waiting waiting, Window quiet, Window meanwhile)
    {
        Waiting.ShouldBeAsQuick(chaos, "to predictions", waiting.ToPrediction(quiet), waiting.ToPrediction(meanwhile));
        Waiting.ShouldBeAsQuick(chaos, "to people", waiting.ToAlert(quiet), waiting.ToAlert(meanwhile));
    }

    /// <summary>A quiet window, then outages with time to recover in between; latencies in the last, the longest, are compared with the quiet ones.</summary>
    static async Task AwayAsync(
        Stage stage, Chaos chaos, string[] settings, Func<int, Task> stop, Func<Task> start, Action<Chaos, Waiting, Window, Window>? compare)
    {
        var alertsGoOn = compare == AlertsGoOn;
        await using var run = stage.Start(["run", "--input", stage.Input.Csv, "--until-drained", .. Stage.Set([.. s_outOfStep, .. settings])]);
        await stage.ReachAsync(progress => progress.Stored >= s_warmUpPayments, "the quiet window", run);
        var quiet = await stage.PassAsync(s_quiet, alerts: alertsGoOn ? SomeAlerts : 0);
        var meanwhile = quiet;
        foreach (var (number, outage) in s_outages.Index())
        {
            await stop(number);
            meanwhile = await stage.PassAsync(outage, alerts: alertsGoOn ? SomeAlerts : 0);
            run.HasExited.ShouldBeFalse(run.Errors);
            await start();
            await stage.ReachAsync(progress => progress.Lag < 2 * s_perSecond && progress.Alerts >= progress.PredictedFrauds * 0.9, "the backlog", run);
        }

        if (compare is not null)
            chaos.Afterwards.Add(ledger => compare(chaos, new Waiting(ledger), quiet, meanwhile));
        (await run.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, run.Errors);
    }
}
