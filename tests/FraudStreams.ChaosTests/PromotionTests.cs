using FraudStreams.Candidates;
using FraudStreams.Messaging;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>Versions go into service and out of it at full load; hosts are killed meanwhile, the registry's server goes away, and an artifact is half there.</summary>
public sealed class PromotionTests(ITestOutputHelper output) : ChaosTest(output)
{
    const int Hosts = 3;

    static readonly int s_payments = ChaosForm.Of(8_000, 250_000);
    static readonly int s_perSecond = ChaosForm.Of(1_000, 5_000);
    static readonly int s_changes = ChaosForm.Of(2, 20);
    static readonly int s_kills = ChaosForm.Of(1, 10);

    /// <summary>More payments than a host has on their way to its scorer: of so many that come after a version took over, it has scored some.</summary>
    const int PaymentsAChange = 1_000;

    static readonly string s_why = "a scenario's";

    [ChaosFact(Parts.Embedded)]
    public Task Promotions_and_rollbacks_at_full_load_lose_and_duplicate_nothing_on_embedded_parts() =>
        PlayAsync("promoted and rolled back", Parts.Embedded, 90, s_payments, (stage, chaos) => ChangeAsync(stage, chaos, [["run", "--input", stage.Input.Csv]]), BothAsync);

    [ChaosFact(Parts.Production)]
    public Task Promotions_and_rollbacks_at_full_load_lose_and_duplicate_nothing_on_three_hosts() =>
        PlayAsync("promoted and rolled back", Parts.Production, 91, s_payments, (stage, chaos) => ChangeAsync(stage, chaos, [.. Enumerable.Repeat<string[]>([.. Host, .. Stage.Set(stage.PatientSession)], Hosts)]), BothAsync);

    [ChaosFact(Parts.Production)]
    public Task Hosts_killed_while_versions_change_and_a_registry_that_is_away_lose_nothing() =>
        PlayAsync("hosts killed while promoting", Parts.Production, 92, s_payments, KillAsync, BothAsync);

    static string[] Host => ["run", "--roles", "score,alert,store,label"];

    /// <summary>All payments are offered at one rate while one version takes the other's place, again and again.</summary>
    static async Task ChangeAsync(Stage stage, Chaos chaos, string[][] commands)
    {
        await using var registry = await Registry.OpenAsync(stage);
        var hosts = commands.Select(command => stage.Start([.. command, .. Rate])).ToList();
        try
        {
            // Partitions that move under load may be scored twice, which is not what this is about.
            if (stage is ProductionStage production)
                await production.SpreadAsync(ConsumerGroups.Score, hosts.Count);
            await using var producer = hosts.Count == 1 ? null : stage.Start(["simulate", "--input", stage.Input.Csv, .. Rate]);
            await stage.ReachAsync(progress => progress.Stored > 0, "a first row", hosts);
            for (var change = 0; change < s_changes; change++)
            {
                var version = await registry.ChangeAsync(change);
                foreach (var host in hosts)
                    await host.LineAsync($"Model {version} scores from now on", (change / 2) + 1);
                var before = (await stage.ReachAsync(_ => true, "the progress", hosts)).Scored;
                await stage.ReachAsync(progress => progress.Scored >= Math.Min(before + PaymentsAChange, stage.Input.Rows), $"payments scored by {version}", hosts);
                chaos.Did(change % 2 == 0 ? "promoted" : "rolled back", isOrderly: true);
            }

            await EndAsync(stage, hosts);
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }

        await CheckAsync(stage, chaos, registry);
    }

    /// <summary>At each change a host dies; its copy of the version that comes is half there; once, the broker that holds the registry is away.</summary>
    static async Task KillAsync(Stage stage, Chaos chaos)
    {
        await using var registry = await Registry.OpenAsync(stage);
        Halve(Path.Combine(stage.Folder.Data, "models", registry.Second), chaos);
        var hosts = Enumerable.Range(0, Hosts).Select(_ => stage.Start([.. Host, .. Rate])).ToList();
        try
        {
            await using var producer = stage.Start(["simulate", "--input", stage.Input.Csv, .. Rate]);
            await stage.ReachAsync(progress => progress.Stored > 0, "a first row", hosts);
            for (var kill = 0; kill < s_kills; kill++)
            {
                var changed = registry.ChangeAsync(kill);
                await stage.PassAsync(TimeSpan.FromMilliseconds(chaos.Random.Next(400)));
                var victim = chaos.Random.Next(Hosts);
                await hosts[victim].KillAsync();
                chaos.Did("host killed", mayRepeatMails: true);
                await hosts[victim].DisposeAsync();
                hosts[victim] = stage.Start([.. Host, .. Rate]);
                await changed;
            }

            // A host does not start without the broker; and one that was killed is a member of the group until its session is over.
            var production = (ProductionStage)stage;
            await Tests.Eventually.TrueAsync(
                () => hosts.TrueForAll(host => host.Output.Contains("; lag score ", StringComparison.Ordinal)), "every host's first totals", ChaosForm.LimitSeconds, everyMilliseconds: 20);
            await production.SpreadAsync(ConsumerGroups.Score, Hosts);
            await Tests.Eventually.TrueAsync(
                () => stage.StoredWhere($"model_version = '{registry.Second}'") > 0, $"a payment that {registry.Second} has scored", ChaosForm.LimitSeconds, everyMilliseconds: 20);
            await AwayAsync(production, chaos, s_kills % 2 == 1 ? TrainedModel.Loaded.Version : registry.Second);
            (await producer.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, producer.Errors);
            await EndAsync(stage, hosts);
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }

        await CheckAsync(stage, chaos, registry);
    }

    /// <summary>A promotion fails while the broker is away, and is done once it is back.</summary>
    static async Task AwayAsync(ProductionStage stage, Chaos chaos, string version)
    {
        await stage.Broker.KillAsync();
        chaos.Did("broker killed");
        await using (var refused = stage.Start(["models", "promote", version, "--why", s_why, "--set", "topics.kafka.timeout=2s"]))
            (await refused.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(1, refused.Output);
        await stage.Broker.StartAsync();
        await using var promoted = stage.Start(["models", "promote", version, "--why", s_why]);
        (await promoted.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, promoted.Errors);
    }

    /// <summary>Every prediction is the one that its version gives alone, and the history is as it was written.</summary>
    static async Task CheckAsync(Stage stage, Chaos chaos, Registry registry)
    {
        (await registry.Models.HistoryAsync(verify: true, CancellationToken.None)).Problems.ShouldBeEmpty();
        var changes = (await registry.Models.HistoryAsync(verify: false, CancellationToken.None)).Entries
            .Where(entry => entry.Action is RegistryAction.Promoted or RegistryAction.RolledBack).Select(entry => (entry.Version, At: entry.At.ToUnixTimeMilliseconds())).ToList();
        var expected = new Dictionary<string, IReadOnlyDictionary<string, Verdict>>
        {
            [TrainedModel.Loaded.Version] = await stage.Input.QuietVerdictsAsync(),
            [registry.Second] = await SecondsAsync(stage.Input),
        };
        await using var who = stage.Start(["models", "who", stage.Input.GoodIds.First(), "--json"]);
        (await who.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, who.Errors);
        expected.ShouldContainKey(who.Json().GetProperty("model_version").GetString()!);
        who.Json().GetProperty("service").GetProperty("in_service").GetProperty("number").GetInt64().ShouldBeGreaterThan(0);
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

    /// <summary>A host that died while it copied.</summary>
    static void Halve(string version, Chaos chaos)
    {
        using var file = new FileStream(Path.Combine(version, "model.json"), FileMode.Open);
        file.SetLength(file.Length / 2);
        chaos.Did("artifact half written", isOrderly: true);
    }

    static string SecondIn(LocalModels local) => TrainedModel.Train(local, seed: 5).Version;

    static Task<IReadOnlyDictionary<string, Verdict>> SecondsAsync(ChaosInput input) => input.QuietVerdictsAsync("fifth", folder =>
    {
        var local = new LocalModels(folder.Data, TimeProvider.System);
        local.Promote(SecondIn(local), "a scenario's");
    });

    static async Task<VerdictsById> BothAsync(ChaosInput input) => VerdictsById.Of(await input.QuietVerdictsAsync(), await SecondsAsync(input));

    /// <summary>The registry, as one more host sees it, with a second version in it.</summary>
    sealed class Registry : IAsyncDisposable
    {
        readonly IMessageLog _topics;
        readonly ModelRegistry _registry;

        Registry(Stage stage)
        {
            _topics = stage.OpenRegistry();
            var local = new LocalModels(stage.Folder.Data, TimeProvider.System);
            var settings = Tests.Configuration.SettingsOf.Set();
            _registry = new ModelRegistry(_topics, local, settings.Models.Probation.Time, TimeProvider.System);
            var gate = StorePromotionGate.Create(() => null, new LiveCandidateSettings(settings.Candidates), stage.Folder.Data);
            Models = new ModelService(_registry, local, gate, settings.Models, TimeProvider.System);
        }

        public ModelService Models { get; }

        public string Second { get; private set; } = "";

        public static async Task<Registry> OpenAsync(Stage stage)
        {
            var registry = new Registry(stage);
            var elsewhere = new LocalModels(stage.Folder.File("elsewhere"), TimeProvider.System);
            registry.Second = SecondIn(elsewhere);
            await registry._registry.RefreshAsync(CancellationToken.None);
            await registry.Models.ImportAsync(elsewhere.FolderOf(registry.Second), "chaos", null, CancellationToken.None);
            return registry;
        }

        /// <summary>
        /// The second version is promoted and rolled back in turn; the one that is in service then. It is not loaded here: whether it can be is for the hosts to find out.
        /// </summary>
        public async Task<string> ChangeAsync(int change)
        {
            if (change % 2 == 1)
                return await _registry.RollBackAsync("chaos", s_why, CancellationToken.None);
            await _registry.PromoteAsync(Second, "chaos", s_why, approvals: 0, CancellationToken.None);
            return Second;
        }

        public async ValueTask DisposeAsync()
        {
            await _registry.DisposeAsync();
            await _topics.DisposeAsync();
        }
    }
}
