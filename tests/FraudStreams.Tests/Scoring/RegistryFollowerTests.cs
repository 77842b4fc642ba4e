using System.Collections.Concurrent;
using Akka.Actor;
using Akka.TestKit;
using FraudStreams.Messaging;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Scoring;
using FraudStreams.Tests.Messaging;
using FraudStreams.Tests.ModelOps.Registry;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Integration")]
public sealed class RegistryFollowerTests : ActorTest
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly ProbationWatch _watch = new(new ProbationSettings(TimeSpan.FromHours(1), 0.05, TimeSpan.FromSeconds(1), 5));
    readonly TestProbe _challenger;

    public RegistryFollowerTests() => _challenger = CreateTestProbe();

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_version_that_failed_is_left_by_all_hosts_with_its_reason_in_one_line()
    {
        await using var other = RegistryHost.Open(_folder, "other");
        await using var host = RegistryHost.Open(_folder, "host");
        await other.ServeAsync("v1", "v2");
        var follower = await FollowAsync(host, "v2");

        follower.Tell(new FellBack("v2", "v1", "it failed:\n  at Scorer.Score()"));

        await Eventually.TrueAsync(async () =>
        {
            await other.Registry.RefreshAsync(default);
            return other.Registry.State.Champion == "v1";
        });
        other.Registry.State.History[^1].Why.ShouldBe("it failed:   at Scorer.Score()");
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_version_that_failed_stays_out_where_the_registry_does_not_know_what_took_over()
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        var follower = await FollowAsync(host, "v1");

        follower.Tell(new FellBack("v1", "one of this host alone", "it failed"));

        await ExpectNoMsgAsync(TimeSpan.FromSeconds(1));
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_version_of_another_schema_is_refused_for_all_and_the_champion_stays()
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        var follower = await FollowAsync(host, "v1");
        await using var other = RegistryHost.Open(_folder, "other");
        ModelArtifact.Write(Directory.CreateDirectory(other.Local.Directory).FullName, OtherSchema.Model("v2"));
        await other.Registry.RegisterAsync(other.Card("v2"), "anna", "by mistake", default);

        await other.Registry.PromoteAsync("v2", "anna", "by mistake", 0, default);

        await Eventually.TrueAsync(async () =>
        {
            await other.Registry.RefreshAsync(default);
            return other.Registry.State.Champion == "v1";
        });
        other.Registry["v2"].Status.ShouldBe("FAILED");
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_champion_that_this_host_cannot_use_is_tried_once_where_none_before_it_can_be_used()
    {
        await using var other = RegistryHost.Open(_folder, "other");
        ModelArtifact.Write(
            Directory.CreateDirectory(other.Local.Directory).FullName, new ScoringModel(TrainedModel.Loaded.Card with { Version = "v1" }, TrainedModel.Loaded.Scorer),
            SelfTest.Of(new ScriptedScorer(0.123), new double[TrainedModel.Loaded.Features.Count]));
        await other.Registry.RegisterAsync(ModelArtifact.LoadCard(other.Local.FolderOf("v1")), "anna", "a test's", default);
        await other.Registry.PromoteAsync("v1", "anna", "a test's", 0, default);
        await other.ServeAsync("v2");
        await using var host = RegistryHost.Open(_folder, "host");
        var follower = await FollowAsync(host, "v2");
        var logged = CreateTestProbe();
        Sys.EventStream.Subscribe(logged, typeof(Akka.Event.Warning));
        Sys.EventStream.Subscribe(logged, typeof(Akka.Event.Error));

        await other.Registry.RollBackAsync("anna", "a test's", default);

        var error = await logged.ExpectMsgAsync<Akka.Event.Error>(Limit);
        $"{error.Message}".ShouldContain("Model v1 cannot be used, v2 goes on scoring: ");
        $"{error.Message}".ShouldContain("the model fails its self-test");
        await Eventually.TrueAsync(async () =>
        {
            await other.Registry.RefreshAsync(default);
            return other.Registry["v1"].Status == "FAILED";
        });
        other.Registry.State.Champion.ShouldBe("v1", "none before it can be used");

        // What it does with the next look, after it has followed the champion.
        await RegisterAsync(other, "v3");
        await Eventually.TrueAsync(() => Directory.Exists(host.Local.FolderOf("v3")));
        await StopAsync(follower);
        await logged.ExpectNoMsgAsync(TimeSpan.Zero);
        Directory.GetDirectories(host.Local.Directory).Select(Path.GetFileName).ShouldBe(["v1", "v3"], ignoreOrder: true, "and no copies of v1");
    }

    [Fact]
    public async Task A_version_is_fetched_and_loaded_before_it_is_promoted_and_kept_for_the_way_back()
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        var follower = await FollowAsync(host, "v1");
        await using var other = RegistryHost.Open(_folder, "other");
        await RegisterAsync(other, "v2");
        await Eventually.TrueAsync(() => Directory.Exists(host.Local.FolderOf("v2")));

        var used = new List<ScoringModel>();
        for (var change = 0; change < 2; change++)
        {
            await other.Registry.PromoteAsync("v2", "anna", "a test's", 0, default);
            used.Add((await ExpectMsgAsync<UseModel>(Limit)).Model);
            await other.Registry.RollBackAsync("anna", "a test's", default);
            used.Add((await ExpectMsgAsync<UseModel>(Limit)).Model);
        }

        used.Select(model => model.Version).ShouldBe(["v2", "v1", "v2", "v1"]);
        used[2].ShouldBeSameAs(used[0]);
        used[3].ShouldBeSameAs(used[1]);
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_version_is_announced_once_it_has_started_and_not_when_it_is_put_into_service()
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        var announced = new ConcurrentQueue<string>();
        var follower = await FollowAsync(host, "v1", announced.Enqueue);
        await using var other = RegistryHost.Open(_folder, "other");
        await RegisterAsync(other, "v2");

        await other.Registry.PromoteAsync("v2", "anna", "a test's", 0, default);
        var second = (await ExpectMsgAsync<UseModel>(Limit)).Model;
        await other.Registry.RollBackAsync("anna", "a test's", default);
        var first = (await ExpectMsgAsync<UseModel>(Limit)).Model;
        announced.ShouldBeEmpty();
        follower.Tell(new ModelStarted(second));
        follower.Tell(new ModelStarted(first));

        await Eventually.TrueAsync(() => !announced.IsEmpty);
        announced.ShouldHaveSingleItem().ShouldBe("v1", "the first had taken the second's place before that scored");
        await StopAsync(follower);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_that_nobody_asked_for_and_cannot_be_fetched_holds_nothing_up(bool isAway)
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        var topics = new InterruptedLog(host.Topics) { FaultOfLaterReaders = isAway ? new MessageLogException("the topics are away") : new InvalidOperationException("of another kind") };
        await using var registry = new ModelRegistry(topics, host.Local, TimeSpan.Zero, _time);
        var follower = await FollowAsync(registry, host.Local, "v1");
        await using var other = RegistryHost.Open(_folder, "other");
        await RegisterAsync(other, "v2");
        await Eventually.TrueAsync(() => topics.LaterReaders > 0);

        // Not a report that it has begun anew.
        await other.Registry.ChangeThresholdAsync("v1", 0.01, "anna", "more alerts, on trial", default);
        (await ExpectMsgAsync<UseModel>(Limit)).Model.Threshold.ShouldBe(0.01);
        topics.LaterReaders.ShouldBe(1);

        topics.FaultOfLaterReaders = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        if (isAway)
            await Eventually.TrueAsync(() => Directory.Exists(host.Local.FolderOf("v2")));
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_challenger_scores_here_with_its_threshold_until_it_is_stood_down()
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        var follower = await FollowAsync(host, "v1");
        await using var other = RegistryHost.Open(_folder, "other");
        await RegisterAsync(other, "v2");
        await other.Registry.ChangeThresholdAsync("v2", 0.25, "anna", "a test's", default);

        await other.Registry.ChallengeAsync("v2", "anna", "a test's", default);
        var used = (await _challenger.ExpectMsgAsync<UseChallenger>(Limit)).Model.ShouldNotBeNull();
        await other.Registry.StandDownAsync("v2", "anna", "seen enough", default);

        (used.Version, used.Threshold).ShouldBe(("v2", 0.25));
        (await _challenger.ExpectMsgAsync<UseChallenger>(Limit)).Model.ShouldBeNull();
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_challenger_that_this_host_gave_up_is_stood_down_for_all_in_the_history()
    {
        await using var host = RegistryHost.Open(_folder, "host");
        await host.ServeAsync("v1");
        host.Put("v2");
        await host.Registry.RegisterAsync(host.Card("v2"), "anna", "a test's", default);
        await host.Registry.ChallengeAsync("v2", "anna", "a test's", default);
        await using var other = RegistryHost.Open(_folder, "other");
        var follower = await FollowAsync(host, "v1");
        await _challenger.ExpectMsgAsync<UseChallenger>(Limit);

        follower.Tell(new ChallengerGivenUp("v2", "it failed 3 times in a row: NaN"));

        await Eventually.TrueAsync(async () =>
        {
            await other.Registry.RefreshAsync(default);
            return other.Registry.State.Challenger is null;
        });
        var last = other.Registry.State.History[^1];
        (last.Action, last.Version, last.Why, last.Actor).ShouldBe((RegistryAction.StoodDown, "v2", "it failed 3 times in a row: NaN", ModelRegistry.Program));
        other.Registry["v2"].Status.ShouldBe("READY");
        await StopAsync(follower);
    }

    [Fact]
    public async Task A_champion_out_of_bounds_on_probation_is_rolled_back_with_the_reason()
    {
        await using var host = RegistryHost.Open(_folder, "host", _time);
        await host.ServeAsync("v1", "v2");
        var follower = await FollowAsync(host, "v2");
        (await _challenger.ExpectMsgAsync<UseChallenger>(Limit)).Model!.Version.ShouldBe("v1");
        await using var other = RegistryHost.Open(_folder, "other");

        await Eventually.TrueAsync(() =>
        {
            _watch.Compared("v2", "v1", payments: 500, alerts: 400, challengerAlerts: 2);
            return _watch.OutOfBounds is not null;
        });

        await Eventually.TrueAsync(async () =>
        {
            await other.Registry.RefreshAsync(default);
            return other.Registry.State.Champion == "v1";
        });
        other.Registry.State.History[^1].Why.ShouldContain("a factor of 5 is allowed");
        other.Registry.State.Challenger.ShouldBeNull();
        (await ExpectMsgAsync<UseModel>(Limit)).Model.Version.ShouldBe("v1");
        await StopAsync(follower);
    }

    [Fact]
    public async Task Alerts_are_not_compared_once_the_threshold_was_changed_by_hand()
    {
        await using var host = RegistryHost.Open(_folder, "host", _time);
        await host.ServeAsync("v1", "v2");
        var follower = await FollowAsync(host, "v2");
        await _challenger.ExpectMsgAsync<UseChallenger>(Limit);
        await using var other = RegistryHost.Open(_folder, "other");

        await other.Registry.ChangeThresholdAsync("v2", 0.01, "anna", "more alerts, on trial", default);
        (await ExpectMsgAsync<UseModel>(Limit)).Model.Threshold.ShouldBe(0.01);
        _watch.Compared("v2", "v1", payments: 500, alerts: 400, challengerAlerts: 2);

        _watch.OutOfBounds.ShouldBeNull();
        await StopAsync(follower);
        host.Registry.State.Champion.ShouldBe("v2");
    }

    [Fact]
    public async Task After_the_probation_the_former_champion_scores_no_more()
    {
        await using var host = RegistryHost.Open(_folder, "host", _time);
        await host.ServeAsync("v1", "v2");
        var follower = await FollowAsync(host, "v2");
        (await _challenger.ExpectMsgAsync<UseChallenger>(Limit)).Model!.Version.ShouldBe("v1");

        _time.Advance(TimeSpan.FromHours(1));

        (await _challenger.ExpectMsgAsync<UseChallenger>(Limit)).Model.ShouldBeNull();
        await StopAsync(follower);
        host.Registry.State.History[^1].Why.ShouldBe("the probation of v2 is over");
        host.Registry.State.Champion.ShouldBe("v2");
    }

    /// <summary>This test is the supervisor.</summary>
    Task<IActorRef> FollowAsync(RegistryHost host, string version, Action<string>? serves = null) => FollowAsync(host.Registry, host.Local, version, serves);

    async Task<IActorRef> FollowAsync(ModelRegistry registry, LocalModels local, string version, Action<string>? serves = null)
    {
        await registry.RefreshAsync(default);
        var model = new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer);
        var follower = Sys.ActorOf(RegistryFollower.Props(registry, local, TestActor, _challenger, _watch, model, _time, serves));
        await ExpectMsgAsync<ReportFallbacks>(Limit);
        return follower;
    }

    /// <summary>Before the registry that it uses is closed.</summary>
    async Task StopAsync(IActorRef follower)
    {
        await WatchAsync(follower);
        Sys.Stop(follower);
        await FishForMessageAsync(message => message is Terminated, Limit);
    }

    static async Task RegisterAsync(RegistryHost host, string version)
    {
        host.Put(version);
        await host.Registry.RegisterAsync(host.Card(version), "anna", "a test's", default);
    }
}
