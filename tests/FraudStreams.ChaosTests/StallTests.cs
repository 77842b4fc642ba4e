using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>A server stalls instead of closing (SIGSTOP): connections stay open and nothing answers, so that only timeouts detect it.</summary>
public sealed class StallTests(ITestOutputHelper output) : ChaosTest(output)
{
    static readonly int s_payments = ChaosForm.Of(6_000, 100_000);

    /// <summary>In the long form the timeouts are the program's defaults, and the stalls are longer.</summary>
    static readonly string[] s_timeouts = ChaosForm.Of<string[]>(["alerts.mail.timeout=3s", "store.postgresql.statement-timeout=1s", "speeds.speed_1=250/s"], ["speeds.speed_1=800/s"]);

    static readonly TimeSpan s_mail = TimeSpan.FromSeconds(ChaosForm.Of(5, 25));
    static readonly TimeSpan s_server = TimeSpan.FromSeconds(ChaosForm.Of(3, 75));

    [ChaosFact(Parts.Embedded)]
    public Task A_stalled_mail_server_loses_nothing_on_embedded_parts() => PlayAsync("mail server stalls", Parts.Embedded, 20, s_payments, async (stage, chaos) =>
        await StalledAsync(stage, chaos, [Mail(stage)]));

    [ChaosFact(Parts.Production)]
    public Task A_stalled_broker_database_and_mail_server_lose_nothing() =>
        PlayAsync("broker, PostgreSQL and mail server stall", Parts.Production, 21, s_payments, async (stage, chaos) =>
        {
            var own = (ProductionStage)stage;
            await StalledAsync(stage, chaos,
            [
                Mail(stage),
                new Stall("PostgreSQL", s_server, own.Postgres.StallAsync, own.Postgres.GoOnAsync),
                new Stall("broker", s_server, own.Broker.StallAsync, own.Broker.GoOnAsync),
            ]);
        });

    sealed record Stall(string Server, TimeSpan Time, Func<Task> BeginAsync, Func<Task> EndAsync);

    static Stall Mail(Stage stage) => new("mail server", s_mail, stage.Mail.StallAsync, stage.Mail.GoOnAsync);

    static async Task StalledAsync(Stage stage, Chaos chaos, Stall[] stalls)
    {
        await using var run = stage.Start(["run", "--input", stage.Input.Csv, "--until-drained", .. Stage.Set(s_timeouts)]);
        await stage.ReachAsync(progress => progress is { Stored: > 0, Alerts: > 0 }, "a first alert", run);
        foreach (var stall in stalls)
        {
            await Task.Delay(chaos.Random.Next(1000));
            await stall.BeginAsync();
            await Task.Delay(stall.Time);
            await stall.EndAsync();
            chaos.Did($"{stall.Server} stalled {stall.Time.TotalSeconds:0} s", mayRepeatMails: true);
            run.HasExited.ShouldBeFalse($"{run.Errors}\n{run.Output}");
            var before = await stage.ReachAsync(_ => true, "an answer", run);
            await stage.ReachAsync(progress => progress.Stored > before.Stored && progress.Alerts > before.Alerts || progress.IsAtEnd(stage.Input.Rows), "progress after the stall");
        }

        (await run.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, run.Errors);
    }
}
