using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>The host that trains a challenger is killed while it does, and on Kafka the database that holds the payments and the lease goes away with it.</summary>
public sealed class TrainingKillTests(ITestOutputHelper output) : ChaosTest(output)
{
    const int Hosts = 3;
    const int PerSecond = 1_000;
    const string Begun = "A new challenger is trained", Done = "is trained and challenges";

    static readonly int s_payments = ChaosForm.Of(8_000, 150_000);

    /// <summary>A lease lasts a minute after its holder died, so that the next training begins no earlier.</summary>
    static readonly int s_kills = ChaosForm.Of(1, 2);

    /// <summary>Only the long form waits for the end of a training: the other's takes longer than any machine leaves a host alone, and ends with its host.</summary>
    static readonly int s_trees = ChaosForm.Of(10_000, 4_000);

    /// <summary>Training begins as soon as payments are stored that no version has learnt from.</summary>
    static readonly string[] s_training =
    [
        "models.retrain.min-new-labels=200", "models.retrain.cool-down=0s", "models.gate.every=1s", "models.gate.label-delay=0s", $"model.trees={s_trees}", $"model.early-stopping={s_trees}",
        $"speeds.speed_1={PerSecond}/s",
    ];

    [ChaosFact(Parts.Embedded)]
    public Task A_host_killed_while_it_trains_loses_nothing_on_embedded_parts() =>
        PlayAsync("host killed while training", Parts.Embedded, 93, s_payments, (stage, chaos) => KillAsync(stage, chaos, [["run", "--input", stage.Input.Csv]]));

    [ChaosFact(Parts.Production)]
    public Task A_host_killed_while_it_trains_and_a_database_that_dies_with_it_lose_nothing_on_three_hosts() =>
        PlayAsync("host killed while training", Parts.Production, 94, s_payments, (stage, chaos) => KillAsync(stage, chaos, [.. Enumerable.Repeat<string[]>(["run", "--roles", "score,alert,store,label,train"], Hosts)]));

    static async Task KillAsync(Stage stage, Chaos chaos, string[][] commands)
    {
        var hosts = commands.Select(command => Start(stage, command)).ToList();
        try
        {
            await using var producer = hosts.Count == 1 ? null : stage.Start(["simulate", "--input", stage.Input.Csv, "--set", $"speeds.speed_1={PerSecond}/s"]);
            for (var kill = 0; kill < s_kills; kill++)
            {
                await SaysAsync(hosts, Begun);
                await Task.Delay(chaos.Random.Next(400));
                var victim = hosts.FindIndex(host => Says(host, Begun));
                Says(hosts[victim], Done).ShouldBeFalse("it was done before it was killed");
                if (stage is ProductionStage { Postgres: var postgres })
                {
                    await postgres.KillAsync();
                    chaos.Did("PostgreSQL killed", mayRepeatMails: true);
                    await hosts[victim].KillAsync();
                    postgres.Start();
                }
                else
                {
                    await hosts[victim].KillAsync();
                }

                chaos.Did("host killed while training", mayRepeatMails: true);
                await hosts[victim].DisposeAsync();
                hosts[victim] = Start(stage, commands[victim]);
            }

            if (ChaosForm.IsLong)
                await SaysAsync(hosts, Done);
            await stage.ReachAsync(progress => progress.IsAtEnd(stage.Input.Rows), "the end", hosts);
            foreach (var host in hosts)
                await host.TerminateAsync();
            foreach (var host in hosts)
                (await host.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, $"{host.Errors}\n{host.Output}");
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }

        await CheckAsync(stage, chaos);
    }

    /// <summary>The champion is the one that it was, a challenger is there in whole or not at all, and the history is as it was written.</summary>
    static async Task CheckAsync(Stage stage, Chaos chaos)
    {
        await using var topics = stage.OpenRegistry();
        var local = new LocalModels(stage.Folder.Data, TimeProvider.System);
        await using var registry = new ModelRegistry(topics, local, TimeSpan.Zero, TimeProvider.System);
        (await registry.VerifyAsync(CancellationToken.None)).ShouldBeEmpty();
        await registry.RefreshAsync(CancellationToken.None);
        registry.State.Champion.ShouldBe(TrainedModel.Loaded.Version);
        foreach (var folder in Directory.GetDirectories(local.Directory).Where(folder => !Path.GetFileName(folder).StartsWith('.')))
            ModelArtifact.Load(folder).Version.ShouldBe(Path.GetFileName(folder));
        var trained = registry.State.History.Count(entry => entry.Action == RegistryAction.Challenged);
        if (ChaosForm.IsLong)
            trained.ShouldBeGreaterThan(0);
        chaos.Remark($"{trained} trained in the end");
    }

    static FraudStreamsProcess Start(Stage stage, string[] command) => stage.Start([.. command, .. Stage.Set(s_training)]);

    static bool Says(FraudStreamsProcess host, string text) => $"{host.Output}\n{host.Errors}".Contains(text, StringComparison.Ordinal);

    static async Task SaysAsync(List<FraudStreamsProcess> hosts, string text) => await Tests.Eventually.TrueAsync(
        () => hosts.Exists(host => Says(host, text)), $"\"{text}\" in:\n{hosts[0].Output}\n{hosts[0].Errors}", ChaosForm.LimitSeconds, everyMilliseconds: 20);
}
