using FraudStreams.Candidates;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Replay;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps.Registry;

/// <summary>What a command line or an API asks of the registry.</summary>
[Trait("Category", "Integration")]
public sealed class ModelServiceTests : IAsyncLifetime, IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly RegistryHost _host;

    public ModelServiceTests() => _host = RegistryHost.Open(_folder, "host", _time);

    public async Task InitializeAsync()
    {
        await _host.ServeAsync("v1");
        await PutAsync("v2");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_challenger_is_listed_beside_the_champion_until_it_is_stood_down()
    {
        var models = Service();

        (await models.ChallengeAsync("v2", "anna", "newer data", default)).Alias.ShouldBe("challenger");
        var list = models.List();
        (list.Champion, list.Challenger, list.ProbationUntil).ShouldBe(("v1", "v2", null));
        models.Show("v2").History.Select(entry => entry.Action).ShouldBe([RegistryAction.Registered, RegistryAction.Challenged]);

        (await models.StandDownAsync("anna", "seen enough", default)).Alias.ShouldBeNull();
        (await Should.ThrowAsync<RegistryException>(models.StandDownAsync("anna", "again", default))).Message.ShouldContain("no version challenges");
    }

    [Fact]
    public async Task What_a_person_confirmed_is_refused_once_it_is_about_another_version()
    {
        var models = Service();
        await PutAsync("v3");
        await models.ChallengeAsync("v3", "the loop", "newer data", default);

        (await Should.ThrowAsync<RegistryException>(models.StandDownAsync("anna", "seen enough", default, "v2"))).Message.ShouldBe("v2 is not the challenger: v3 challenges the champion by now");
        models.State.Challenger.ShouldBe("v3");
        (await models.StandDownAsync("anna", "seen enough", default, "v3")).Alias.ShouldBeNull();
        (await Should.ThrowAsync<RegistryException>(models.StandDownAsync("anna", "again", default, "v3"))).Message.ShouldBe("v3 is not the challenger: no version challenges the champion by now");

        await models.PromoteAsync("v2", "anna", "better", default);
        await models.PromoteAsync("v3", "the loop", "better still", default);
        (await Should.ThrowAsync<RegistryException>(models.RollBackAsync("anna", "too many alerts", default, "v1")))
            .Message.ShouldBe("v1 is not the version before the champion: v3 is in service by now, and v2 was before it");
        models.State.Champion.ShouldBe("v3");
        (await models.RollBackAsync("anna", "too many alerts", default, "v2")).Version.ShouldBe("v2");
    }

    [Fact]
    public async Task A_challenger_of_another_schema_is_refused()
    {
        ModelArtifact.Write(_host.Local.Directory, OtherSchema.Model("v3"));
        await _host.Registry.RegisterAsync(_host.Card("v3"), "anna", "by mistake", default);

        (await Should.ThrowAsync<RegistryException>(Service().ChallengeAsync("v3", "anna", "by mistake", default))).Message.ShouldContain("of schema cards");

        _host.Registry.State.Challenger.ShouldBeNull();
    }

    [Fact]
    public async Task A_promotion_is_on_probation_until_its_time_is_over()
    {
        var models = Service();

        (await models.PromoteAsync("v2", "anna", "better", default)).Alias.ShouldBe("champion");

        var list = models.List();
        (list.Champion, list.Challenger, list.ProbationUntil).ShouldBe(("v2", "v1", _time.Start.AddHours(1)));
        _time.Advance(TimeSpan.FromHours(1));
        models.List().ProbationUntil.ShouldBeNull();
    }

    [Fact]
    public async Task Who_put_a_version_there_is_said_as_of_the_moment_when_it_decided()
    {
        var models = Service(approvals: 1);
        await models.PromoteAsync("v2", "anna", "better in January", default);
        _time.Advance(TimeSpan.FromMinutes(1));
        await models.ApproveAsync("v2", "maria", "checked", default);
        var decided = _time.GetUtcNow().AddMinutes(1);
        _time.Advance(TimeSpan.FromMinutes(2));
        await models.ChangeThresholdAsync("v2", 0.25, "anna", "more alerts", default);
        await models.RollBackAsync("otto", "too many alerts", default);

        var then = models.Who("v2", decided);
        (then.InService!.Actor, then.InService.Why, then.Requested!.Actor, then.Requested.Why).ShouldBe(("maria", "checked", "anna", "better in January"));
        then.Approvals.ShouldHaveSingleItem().Actor.ShouldBe("maria");
        (then.Threshold, then.ThresholdChanged).ShouldBe((_host.Card("v2").Threshold.Score, null));
        then.Registered!.Why.ShouldBe("a test's");
        var later = models.Who("v2", _time.GetUtcNow());
        (later.Threshold, later.ThresholdChanged!.Why).ShouldBe((0.25, "more alerts"));
        models.Who("v1", decided.AddDays(-1)).InService!.Action.ShouldBe(RegistryAction.Promoted);
        models.Who("v1", _time.GetUtcNow()).InService!.Actor.ShouldBe("otto");
        models.Who("v9", decided).InService.ShouldBeNull();
    }

    [Fact]
    public async Task A_stored_payments_decision_names_its_version_and_what_the_challenger_said()
    {
        await using var store = Predictions.Open(_folder);
        await store.WriteAsync(Predictions.Records(Predictions.Json("t1", 0.75, "v1")));
        await store.WriteAsync((ShadowScore[])[new ShadowScore("t1", 1_577_934_245_678, "v2", 0.1, false, 0.5, "v1", 0.75, true, 1_767_323_045_678)]);

        var decision = (await PaymentDecision.FindAsync(store, Service(), "t1", default)).ShouldNotBeNull();

        (decision.Score, decision.Prediction, decision.ModelVersion, decision.Service.InService!.Actor).ShouldBe((0.75, 1, "v1", "anna"));
        decision.ScoredAt.ShouldBe(_time.Start.AddMilliseconds(678));
        decision.Shadow.ShouldHaveSingleItem().ShouldBe(new ShadowOpinion("v2", 0.1, 0, 0.5, _time.Start.AddMilliseconds(678)));
        (await PaymentDecision.FindAsync(store, Service(), "t2", default)).ShouldBeNull();
    }

    ModelService Service(int approvals = 0) =>
        new(_host.Registry, _host.Local, StorePromotionGate.Create(() => null, new LiveCandidateSettings(SettingsOf.Set().Candidates), _folder), new RegistrySettings(approvals, new ProbationSettings(TimeSpan.FromHours(1), 0.05, TimeSpan.FromSeconds(1), 5)), _time);

    async Task PutAsync(string version)
    {
        _host.Put(version);
        await _host.Registry.RegisterAsync(_host.Card(version), "anna", "a test's", default);
    }
}
