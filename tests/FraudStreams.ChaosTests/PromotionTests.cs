using System.Text.Json;
using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>Versions go into service and out of it at full load; hosts are killed meanwhile, the registry's server goes away, and an artifact is half there.</summary>
public sealed class PromotionTests(ITestOutputHelper output, ChaosServers servers) : ChaosTest(output, servers)
{
    const int Hosts = 3;

    static readonly int s_payments = ChaosForm.Of(8_000, 250_000);
    static readonly int s_perSecond = ChaosForm.Of(1_000, 5_000);
    static readonly int s_changes = ChaosForm.Of(2, 20);
    static readonly int s_kills = ChaosForm.Of(1, 10);

    static readonly string s_why = "a scenario's";

    [ChaosFact(Parts.Embedded)]
    public Task Promotions_and_rollbacks_at_full_load_lose_and_duplicate_nothing_on_embedded_parts() =>
        PlayAsync("promoted and rolled back", Parts.Embedded, 90, s_payments, (stage, chaos) => ChangeAsync(stage, chaos, [["run", "--input", stage.Input.Csv]]), BothAsync);

    [ChaosFact(Parts.Production)]
    public Task Promotions_and_rollbacks_at_full_load_lose_and_duplicate_nothing_on_three_hosts() =>
        PlayAsync("promoted and rolled back", Parts.Production, 91, s_payments, (stage, chaos) => ChangeAsync(stage, chaos, [.. Enumerable.Repeat(Host, Hosts)]), BothAsync);

    [ChaosFact(Parts.Production)]
    public Task Hosts_killed_while_versions_change_and_a_registry_that_is_away_lose_nothing() =>
        PlayAsync("hosts killed while promoting", Parts.Production, 92, s_payments, KillAsync, BothAsync);

    static string[] Host => ["run", "--roles", "score,alert,store,label"];

    /// <summary>All payments are offered at one rate while one version takes the other's place, again and again.</summary>
    static async Task ChangeAsync(Stage stage, Chaos chaos, string[][] commands)
    {
        var second = Second(stage);
        var hosts = commands.Select(command => stage.Start([.. command, .. Rate])).ToList();
        try
        {
            await using var producer = hosts.Count == 1 ? null : stage.Start(["simulate", "--input", stage.Input.Csv, .. Rate]);
            await stage.ReachAsync(progress => progress.Stored > 0, "a first row", hosts);
            await DoAsync(stage, "models", "import", second.Folder);
            for (var change = 0; change < s_changes; change++)
            {
                var isThere = change % 2 == 1;
                await DoAsync(stage, isThere ? ["models", "rollback", "--why", s_why] : ["models", "promote", second.Version, "--why", s_why]);
                var (name, times) = (isThere ? TrainedModel.Loaded.Version : second.Version, change / 2 + 1);
                foreach (var host in hosts)
                    await LinesAsync(host, $"Model {name} scores from now on", times);
                chaos.Did(isThere ? "rolled back" : "promoted", isOrderly: true);
            }

            await EndAsync(stage, hosts);
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }

        await CheckAsync(stage, chaos, second.Version);
    }

    /// <summary>At each change a host dies; its copy of the version that comes is half there; once, the broker that holds the registry is away.</summary>
    static async Task KillAsync(Stage stage, Chaos chaos)
    {
        var second = Second(stage);
        var hosts = Enumerable.Range(0, Hosts).Select(_ => stage.Start([.. Host, .. Rate])).ToList();
        try
        {
            await using var producer = stage.Start(["simulate", "--input", stage.Input.Csv, .. Rate]);
            await stage.ReachAsync(progress => progress.Stored > 0, "a first row", hosts);
            await DoAsync(stage, "models", "import", second.Folder);
            Halve(Path.Combine(stage.Folder.Data, "models", second.Version), chaos);
            for (var kill = 0; kill < s_kills; kill++)
            {
                await using var command = stage.Start(kill % 2 == 1 ? ["models", "rollback", "--why", s_why] : ["models", "promote", second.Version, "--why", s_why]);
                await stage.PassAsync(TimeSpan.FromMilliseconds(chaos.Random.Next(1500)));
                var victim = chaos.Random.Next(Hosts);
                await hosts[victim].KillAsync();
                chaos.Did("host killed", mayRepeatMails: true);
                await hosts[victim].DisposeAsync();
                hosts[victim] = stage.Start([.. Host, .. Rate]);
                (await command.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, command.Errors);
            }

            await AwayAsync((ProductionStage)stage, chaos, s_kills % 2 == 1 ? TrainedModel.Loaded.Version : second.Version);
            (await producer.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, producer.Errors);
            await EndAsync(stage, hosts);
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }

        await CheckAsync(stage, chaos, second.Version);
    }

    /// <summary>A promotion fails while the broker is away, and is done once it is back.</summary>
    static async Task AwayAsync(ProductionStage stage, Chaos chaos, string version)
    {
        await stage.Broker.KillAsync();
        chaos.Did("broker killed");
        await using (var refused = stage.Start(["models", "promote", version, "--why", s_why, "--set", "topics.kafka.timeout=2s"]))
            (await refused.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(1, refused.Output);
        await stage.Broker.StartAsync();
        await DoAsync(stage, "models", "promote", version, "--why", s_why);
    }

    /// <summary>Every prediction is the one that its version gives alone, and the history is as it was written.</summary>
    static async Task CheckAsync(Stage stage, Chaos chaos, string second)
    {
        await using var command = stage.Start("models", "history", "--verify", "--json");
        (await command.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, command.Errors);
        var changes = command.Json().GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("action").GetString() is "promoted" or "rolled_back")
            .Select(entry => (Version: entry.GetProperty("version").GetString()!, At: entry.GetProperty("at").GetDateTimeOffset().ToUnixTimeMilliseconds())).ToList();
        changes.Count.ShouldBeGreaterThan(2);
        var expected = new Dictionary<string, IReadOnlyDictionary<string, Verdict>>
        {
            [TrainedModel.Loaded.Version] = await stage.Input.QuietVerdictsAsync(),
            [second] = await SecondsAsync(stage.Input),
        };
        chaos.Afterwards.Add(ledger =>
        {
            foreach (var prediction in ledger.Predictions)
                prediction.Verdict.ShouldBe(expected[prediction.Model][prediction.Id], $"{prediction.Id} by {prediction.Model}");
            var by = ledger.Predictions.GroupBy(prediction => prediction.Model).ToDictionary(version => version.Key, version => version.Count());
            by.Keys.Order().ShouldBe(expected.Keys.Order());
            chaos.Remark($"{string.Join(" and ", by.Values.Select(count => $"{count:N0}"))} by the two versions; the last host switched at most {SlowestSwitch(ledger, changes).TotalSeconds:0.00} s after the entry");
        });
    }

    /// <summary>From an entry until the last prediction of the version before it.</summary>
    static TimeSpan SlowestSwitch(Ledger ledger, List<(string Version, long At)> changes)
    {
        var slowest = 0L;
        for (var change = 1; change < changes.Count; change++)
        {
            var (at, next) = (changes[change].At, change + 1 < changes.Count ? changes[change + 1].At : long.MaxValue);
            if (changes[change].Version == changes[change - 1].Version)
                continue;
            slowest = Math.Max(slowest, ledger.Predictions.Where(prediction => prediction.At >= at && prediction.At < next && prediction.Model == changes[change - 1].Version)
                .Select(prediction => prediction.At - at).DefaultIfEmpty().Max());
        }

        return TimeSpan.FromMilliseconds(slowest);
    }

    static string[] Rate => ["--set", $"speeds.speed_1={s_perSecond}/s"];

    static async Task EndAsync(Stage stage, List<FraudStreamsProcess> hosts)
    {
        await stage.ReachAsync(progress => progress.IsAtEnd(stage.Input.Rows), "the end", hosts);
        foreach (var host in hosts)
            await host.TerminateAsync();
        foreach (var host in hosts)
            (await host.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, $"{host.Errors}\n{host.Output}");
    }

    static async Task DoAsync(Stage stage, params string[] arguments)
    {
        await using var command = stage.Start(arguments);
        (await command.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, $"{string.Join(' ', arguments)}: {command.Errors}");
    }

    static async Task LinesAsync(FraudStreamsProcess host, string text, int times) => await Tests.Eventually.TrueAsync(
        () => $"{host.Output}\n{host.Errors}".Split(text).Length > times, $"\"{text}\", {times} times, in:\n{host.Output}\n{host.Errors}", ChaosForm.LimitSeconds, everyMilliseconds: 20);

    /// <summary>A host that died while it copied.</summary>
    static void Halve(string version, Chaos chaos)
    {
        using var file = new FileStream(Path.Combine(version, "model.json"), FileMode.Open);
        file.SetLength(file.Length / 2);
        chaos.Did("artifact half written", isOrderly: true);
    }

    static (string Version, string Folder) Second(Stage stage)
    {
        var elsewhere = new LocalModels(stage.Folder.File("elsewhere"), TimeProvider.System);
        var version = SecondIn(elsewhere);
        return (version, elsewhere.FolderOf(version));
    }

    static string SecondIn(LocalModels local) => TrainedModel.Train(local, seed: 5).Version;

    static Task<IReadOnlyDictionary<string, Verdict>> SecondsAsync(ChaosInput input) => input.QuietVerdictsAsync("fifth", folder =>
    {
        var local = new LocalModels(folder.Data, TimeProvider.System);
        local.Promote(SecondIn(local), "a scenario's");
    });

    static async Task<VerdictsById> BothAsync(ChaosInput input) => VerdictsById.Of(await input.QuietVerdictsAsync(), await SecondsAsync(input));
}
