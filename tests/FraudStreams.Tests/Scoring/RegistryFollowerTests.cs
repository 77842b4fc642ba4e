using Akka.Actor;
using FraudStreams.Model.Models;
using FraudStreams.Scoring;
using FraudStreams.Tests.ModelOps.Registry;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Scoring;

[Trait("Category", "Integration")]
public sealed class RegistryFollowerTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly TemporaryFolder _folder = new();

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

    /// <summary>This test is the supervisor.</summary>
    async Task<IActorRef> FollowAsync(RegistryHost host, string version)
    {
        await host.Registry.RefreshAsync(default);
        var model = new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer);
        var follower = Sys.ActorOf(RegistryFollower.Props(host.Registry, host.Local, TestActor, model));
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
}
