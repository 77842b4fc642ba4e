using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Candidates;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.RateLimiting;
using FraudStreams.Tests.Access;
using FraudStreams.Tests.Configuration;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Hosting;

[Trait("Category", "Unit")]
public sealed class ConfigReloaderTests : ActorTest
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly TemporaryFolder _folder = new();
    readonly PipelineRates _speeds;
    readonly LiveCandidateSettings _candidates = new(SettingsOf.Set().Candidates);

    readonly AccessTopics _access;
    readonly AuditLog _audit;

    public ConfigReloaderTests()
    {
        _access = AccessOf.Topics(_folder);
        _audit = new AuditLog(_access);
        System.IO.File.WriteAllText(File, "fraudstreams.speeds.speed_1 = 10/s");
        _speeds = new PipelineRates(Rate.Of(10), Rate.Unlimited, Rate.Unlimited, TimeProvider.System);
    }

    string File => Path.Combine(_folder, "my.conf");

    protected override void AfterAll()
    {
        base.AfterAll();
        _speeds.Dispose();
        _access.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_saved_file_changes_the_rates_and_releases_who_waits()
    {
        Watch();
        await _speeds.Speed1.PassAsync(1_000_000);
        var waiting = _speeds.Speed1.PassAsync(1).AsTask();

        await SaveAsync("speed_1 = unlimited, speed_2 = 7/s, speed_3 = 70/m");

        await waiting.WaitAsync(Limit);
        await Eventually.TrueAsync(() => _speeds.Speed3.Speed == Rate.Parse("70/m"));
        _speeds.Speed2.Speed.ShouldBe(Rate.Of(7));
        await Eventually.TrueAsync(async () => (await _audit.ReadAuditAsync(default)).Length == 3);
        (await _audit.ReadAuditAsync(default)).ShouldContain(entry => entry.Action == "speed.changed" && entry.Subject.StartsWith("speed_1 ") && entry.Before == "10/s" && entry.After == "unlimited");
    }

    [Theory]
    [InlineData("speed_1 = 20/s, speed_2 = fast", "fraudstreams.speeds.speed_2 = fast: it must be a number above 0")]
    [InlineData("speed_1 = 20/s, sped_2 = 5/s", "sped_2 is not a setting")]
    [InlineData("speed_1 = 20/s, speed_2 = {", "not valid HOCON")]
    [InlineData("speed_1 = 20/s, speed_2 = ${no.such.key}", "my.conf")]
    public async Task A_file_with_a_mistake_is_refused_by_name_and_all_rates_stay(string speeds, string warning)
    {
        Watch();

        await EventFilter.Warning(contains: warning).ExpectOneAsync(Limit, () => SaveAsync(speeds));

        _speeds.Speed1.Speed.ShouldBe(Rate.Of(10));
        _speeds.Speed2.Speed.ShouldBe(Rate.Unlimited);
        await SaveAsync("speed_1 = 30/s");
        await Eventually.TrueAsync(() => _speeds.Speed1.Speed == Rate.Of(30));
    }

    [Fact]
    public async Task What_was_set_on_the_command_line_stays()
    {
        Watch("speeds.speed_1=10/s");

        await SaveAsync("speed_1 = 99/s, speed_2 = 5/s");

        await Eventually.TrueAsync(() => _speeds.Speed2.Speed == Rate.Of(5));
        _speeds.Speed1.Speed.ShouldBe(Rate.Of(10));
    }

    [Fact]
    public async Task A_file_that_is_gone_leaves_the_rates_and_one_that_is_back_changes_them()
    {
        Watch();

        await EventFilter.Warning(contains: "my.conf").ExpectOneAsync(Limit, () => Task.Run(() => System.IO.File.Delete(File)));
        _speeds.Speed1.Speed.ShouldBe(Rate.Of(10));
        await SaveAsync("speed_1 = 40/s");

        await Eventually.TrueAsync(() => _speeds.Speed1.Speed == Rate.Of(40));
    }

    [Fact]
    public async Task A_saved_key_that_needs_a_restart_is_named()
    {
        Watch();

        await EventFilter.Warning(contains: "Saved, and needs a restart: fraudstreams.batch.size").ExpectOneAsync(
            Limit, () => System.IO.File.WriteAllTextAsync(File, "fraudstreams { speeds.speed_1 = 12/s, batch.size = 99 }\n"));

        await Eventually.TrueAsync(() => _speeds.Speed1.Speed == Rate.Of(12));
    }

    [Fact]
    public async Task Triggers_drift_and_the_gate_are_turned_live()
    {
        Watch();

        await EventFilter.Warning(contains: "needs a restart").ExpectAsync(0, TimeSpan.FromSeconds(1), () => System.IO.File.WriteAllTextAsync(
            File, "fraudstreams { speeds.speed_1 = 12/s, models { promotion = suggest, gate.min-frauds = 50, drift.window = 6h, drift.min-effect = 0.3, retrain.min-new-labels = 700 } }\n"));

        await Eventually.TrueAsync(() => _candidates.Current.Promotion == PromotionMode.Suggest);
        _candidates.Current.Gate.Rules.MinFrauds.ShouldBe(50);
        _candidates.Current.Drift.Rules.WindowHours.ShouldBe(6);
        _candidates.Current.Drift.Rules.MinEffect.ShouldBe(0.3);
        _candidates.Current.Retrain.MinNewLabels.ShouldBe(700);
    }

    [Fact]
    public async Task Who_must_approve_a_promotion_is_turned_by_a_restart()
    {
        Watch();

        await EventFilter.Warning(contains: "Saved, and needs a restart: fraudstreams.models.approvals").ExpectOneAsync(
            Limit, () => System.IO.File.WriteAllTextAsync(File, "fraudstreams.models { approvals = 2, promotion = suggest }\n"));

        _candidates.Current.Promotion.ShouldBe(PromotionMode.Suggest);
        _candidates.Current.Approvals.ShouldBe(0);
    }

    void Watch(params string[] set)
    {
        var layers = new ConfigLayers(File, set, environment: new Dictionary<string, string>(), directory: _folder);
        Sys.ActorOf(ConfigReloader.Props(layers, ConfigReloader.SettingsOf(layers), FraudSettings.From(layers.Load()).Speeds, _speeds, _candidates, _audit, TimeProvider.System));
    }

    Task SaveAsync(string speeds) => System.IO.File.WriteAllTextAsync(File, $"fraudstreams.speeds {{ {speeds} }}\n");
}
