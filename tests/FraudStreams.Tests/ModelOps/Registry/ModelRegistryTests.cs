using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Sqlite;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps.Registry;

/// <summary>Hosts with folders of their own on one embedded log.</summary>
[Trait("Category", "Integration")]
public sealed class ModelRegistryTests : IAsyncDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<RegistryHost> _hosts = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_version_registered_on_one_host_is_fetched_by_another_bit_for_bit()
    {
        var (one, two) = (Open("one"), Open("two"));
        one.Put("v1");

        await one.Registry.RegisterAsync(one.Card("v1"), "anna", "first", default);
        await one.Registry.PromoteAsync("v1", "anna", "first", 0, default);
        await two.Registry.RefreshAsync(default);
        var fetched = await two.Registry.LoadAsync("v1", default);

        two.Registry.State.Champion.ShouldBe("v1");
        fetched.Version.ShouldBe("v1");
        foreach (var file in Directory.GetFiles(one.Local.FolderOf("v1")))
            File.ReadAllBytes(Path.Combine(two.Local.FolderOf("v1"), Path.GetFileName(file))).ShouldBe(File.ReadAllBytes(file));
    }

    [Fact]
    public async Task A_damaged_copy_is_put_aside_and_fetched_again()
    {
        var host = Open("one");
        host.Put("v1");
        await host.Registry.RegisterAsync(host.Card("v1"), "anna", "first", default);
        File.AppendAllText(Path.Combine(host.Local.FolderOf("v1"), "model.json"), " ");

        (await host.Registry.LoadAsync("v1", default)).Version.ShouldBe("v1");

        Directory.GetDirectories(host.Local.Directory, ".v1.damaged-*").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Rolling_back_goes_back_version_by_version_and_then_says_that_there_is_none()
    {
        var host = await InServiceAsync("v1", "v2", "v3");

        (await host.Registry.RollBackAsync("anna", "worse", default)).ShouldBe("v2");
        (await host.Registry.RollBackAsync("anna", "worse", default)).ShouldBe("v1");

        (await Should.ThrowAsync<RegistryException>(host.Registry.RollBackAsync("anna", "worse", default))).Message.ShouldContain("no version to go back to");
    }

    [Fact]
    public async Task An_older_version_that_was_promoted_is_left_by_going_back()
    {
        var host = await InServiceAsync("v1", "v2", "v3");
        await host.Registry.PromoteAsync("v1", "anna", "by mistake", 0, default);

        (await host.Registry.RollBackAsync("anna", "back", default)).ShouldBe("v3");
        (await host.Registry.RollBackAsync("anna", "further", default)).ShouldBe("v2");
    }

    [Theory]
    [InlineData("fine\n  99  2026-01-01 00:00:00 UTC  bob  promoted v9  (approved)")]
    [InlineData("\u001b[2J")]
    [InlineData(" ")]
    public async Task A_reason_is_one_line_that_cannot_look_like_an_entry(string why)
    {
        var host = await InServiceAsync("v1", "v2");

        (await Should.ThrowAsync<RegistryException>(host.Registry.PromoteAsync("v1", "anna", why, 0, default))).Message.ShouldContain("one line");
    }

    [Fact]
    public async Task A_request_that_waits_is_not_got_around()
    {
        var host = await InServiceAsync("v1");
        host.Put("v2");
        await host.Registry.RegisterAsync(host.Card("v2"), "anna", "new", default);
        await host.Registry.PromoteAsync("v2", "anna", "better", approvals: 1, default);

        await Should.ThrowAsync<RegistryException>(host.Registry.PromoteAsync("v2", "anna", "now", approvals: 0, default));
        await Should.ThrowAsync<RegistryException>(host.Registry.ApproveAsync("v2", "ANNA ", "mine", default));
    }

    [Fact]
    public async Task Files_that_were_changed_in_the_topic_are_found_out()
    {
        var host = await InServiceAsync("v1");

        using (var file = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5)))
            file.Execute($"UPDATE {LogFile.Table(new TopicPartition("models", 0))} SET value = CAST(substr(value, 1, length(value) - 1) || x'FF' AS BLOB) WHERE CAST(key AS TEXT) = 'piece'");

        (await host.Registry.VerifyAsync(default)).ShouldContain(found => found.Contains("the files of v1"));
    }

    [Fact]
    public async Task With_four_eyes_nobody_approves_their_own()
    {
        var host = await InServiceAsync("v1");
        host.Put("v2");
        await host.Registry.RegisterAsync(host.Card("v2"), "anna", "new", default);

        (await host.Registry.PromoteAsync("v2", "anna", "better", approvals: 1, default)).ShouldBeFalse();
        (await Should.ThrowAsync<RegistryException>(host.Registry.ApproveAsync("v2", "anna", "mine", default))).Message.ShouldContain("somebody else has to approve it");
        host.Registry.State.Champion.ShouldBe("v1");

        (await host.Registry.ApproveAsync("v2", "maria", "checked", default)).ShouldBeTrue();
        host.Registry.State.Champion.ShouldBe("v2");
        host.Registry.State.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_version_that_fails_leaves_service_and_never_comes_back()
    {
        var host = await InServiceAsync("v1", "v2");

        await host.Registry.FailAsync("v2", "cannot be used", default);

        host.Registry.State.Champion.ShouldBe("v1");
        host.Registry.State.Versions["v2"].Status.ShouldBe("FAILED");
        (await Should.ThrowAsync<RegistryException>(host.Registry.PromoteAsync("v2", "anna", "again", 0, default))).Message.ShouldContain("cannot be used");
    }

    [Fact]
    public async Task A_champion_that_cannot_be_used_is_no_way_back_and_shadows_nobody()
    {
        await using var host = RegistryHost.Open(_folder, "one", new ManualTime());
        await host.ServeAsync("v1");
        await host.Registry.FailAsync("v1", "cannot be used", default);
        host.Registry.State.Champion.ShouldBe("v1", "there is no other");

        await host.ServeAsync("v2");

        host.Registry.State.Champion.ShouldBe("v2");
        host.Registry.State.Challenger.ShouldBeNull();
        host.Registry.State.Before.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_changed_threshold_is_in_force_and_the_artifact_stays_as_it_is()
    {
        var host = await InServiceAsync("v1");
        var own = host.Card("v1").Threshold.Score;

        await host.Registry.ChangeThresholdAsync("v1", 0.25, "anna", "more alerts", default);

        (await host.Registry.LoadAsync("v1", default)).Threshold.ShouldBe(0.25);
        ModelArtifact.Load(host.Local.FolderOf("v1")).Threshold.ShouldBe(own);
        host.Local.Follow(host.Registry.State);
        host.Local.Champion().ShouldNotBeNull().Threshold.ShouldBe(0.25);
        await Should.ThrowAsync<RegistryException>(host.Registry.ChangeThresholdAsync("v1", 1.5, "anna", "none", default));
    }

    [Fact]
    public async Task Hosts_that_write_at_once_leave_one_history_without_gaps()
    {
        var first = await InServiceAsync("v1", "v2");
        var hosts = Enumerable.Range(0, 4).Select(number => Open($"host {number}")).ToArray();

        await Task.WhenAll(hosts.Select((host, number) => Task.Run(async () =>
        {
            for (var i = 1; i <= 5; i++)
                await host.Registry.ChangeThresholdAsync(i % 2 == 0 ? "v1" : "v2", (number * 10 + i) / 100.0, $"host {number}", "a test", default);
        })));

        await first.Registry.RefreshAsync(default);
        var history = first.Registry.State.History;
        history.Select(entry => entry.Number).ShouldBe(Enumerable.Range(1, history.Count).Select(number => (long)number));
        history.Count(entry => entry.Action == RegistryAction.ThresholdChanged).ShouldBe(20);
        (await first.Registry.VerifyAsync(default)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("UPDATE {0} SET value = CAST(replace(CAST(value AS TEXT), 'anna', 'otto') AS BLOB) WHERE CAST(value AS TEXT) LIKE '%the second%'", "it was changed after it was written")]
    [InlineData("DELETE FROM {0} WHERE CAST(value AS TEXT) LIKE '%the second%'", "does not follow the entry before it")]
    public async Task A_history_that_was_tampered_with_is_found_out(string sql, string problem)
    {
        var host = await InServiceAsync("v1");
        foreach (var why in (string[])["the first", "the second", "the third"])
            await host.Registry.ChangeThresholdAsync("v1", why.Length / 100.0, "anna", why, default);
        await host.Registry.ChangeThresholdAsync("v1", 0.9, "anna", "the last", default);
        (await host.Registry.VerifyAsync(default)).ShouldBeEmpty();

        using (var file = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5)))
            file.Execute(string.Format(sql, LogFile.Table(new TopicPartition("models", 0))));

        (await host.Registry.VerifyAsync(default)).ShouldContain(found => found.Contains(problem));
        (await Should.ThrowAsync<RegistryException>(Open("another").Registry.RefreshAsync(default))).Message.ShouldContain("`fraudstreams models history --verify`");
    }

    [Fact]
    public async Task A_package_whose_writer_died_in_the_middle_is_written_anew()
    {
        var (one, two) = (Open("one"), Open("two"));
        one.Put("v1");
        var package = ArtifactPackage.Of(one.Local.FolderOf("v1"));
        var half = new RecordBatch();
        using (var whole = new RecordBatch())
        {
            ArtifactPieces.Write(whole, package, longestRecord: package.Bytes.Length / 3);
            whole.Count.ShouldBeGreaterThan(2);
            for (var piece = 0; piece < 2; piece++)
                half.Add("models", whole.Key(piece), whole.Value(piece));
        }

        await one.Topics.PublishAsync(half, default);
        await one.Registry.RegisterAsync(one.Card("v1"), "anna", "first", default);
        await two.Registry.RefreshAsync(default);

        (await two.Registry.LoadAsync("v1", default)).Version.ShouldBe("v1");
        (await two.Registry.VerifyAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_version_that_fails_its_self_test_is_refused()
    {
        var host = await InServiceAsync("v1");
        var model = new ScoringModel(TrainedModel.Loaded.Card with { Version = "v2" }, TrainedModel.Loaded.Scorer);
        ModelArtifact.Write(host.Local.Directory, model, SelfTest.Of(new OtherScorer(), new double[model.Features.Count]));
        var card = TrainedModel.Loaded.Card with { Version = "v2" };
        await host.Registry.RegisterAsync(card, "anna", "of another machine", default);

        (await Should.ThrowAsync<ModelArtifactException>(host.Registry.LoadAsync("v2", default))).Message.ShouldContain("fails its self-test");
    }

    sealed class OtherScorer : IScorer
    {
        public int FeatureCount { get; } = TrainedModel.Loaded.Features.Count;

        public void Score(ReadOnlySpan<double> features, Span<double> scores) => scores.Fill(0.123);
    }

    [Fact]
    public async Task A_challenger_stays_until_it_is_stood_down_or_another_takes_its_place()
    {
        var host = await InServiceAsync("v1");
        await PutAsync(host, "v2", "v3");

        await host.Registry.ChallengeAsync("v2", "anna", "newer data", default);
        host.Registry.State.Challenger.ShouldBe("v2");
        await host.Registry.ChallengeAsync("v3", "anna", "newest data", default);
        host.Registry.State.Challenger.ShouldBe("v3");
        await host.Registry.StandDownAsync("v2", "anna", "it is none", default);
        host.Registry.State.Challenger.ShouldBe("v3");
        await host.Registry.StandDownAsync("v3", "anna", "seen enough", default);

        host.Registry.State.Challenger.ShouldBeNull();
        host.Registry.State.Champion.ShouldBe("v1");
        host.Registry.State.History.TakeLast(3).Select(entry => (entry.Action, entry.Version)).ShouldBe(
            [(RegistryAction.Challenged, "v2"), (RegistryAction.Challenged, "v3"), (RegistryAction.StoodDown, "v3")]);
        (await host.Registry.VerifyAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_champion_and_a_failed_version_cannot_challenge()
    {
        var host = await InServiceAsync("v1");
        await PutAsync(host, "v2");
        await host.Registry.ChallengeAsync("v2", "anna", "newer data", default);

        await host.Registry.FailAsync("v2", "cannot be used", default);

        host.Registry.State.Challenger.ShouldBeNull();
        (await Should.ThrowAsync<RegistryException>(host.Registry.ChallengeAsync("v2", "anna", "again", default))).Message.ShouldContain("cannot be used");
        (await Should.ThrowAsync<RegistryException>(host.Registry.ChallengeAsync("v1", "anna", "itself", default))).Message.ShouldContain("is in service");
    }

    [Fact]
    public async Task A_promotion_puts_the_former_champion_into_the_shadow_for_the_probation()
    {
        var time = new ManualTime();
        var host = Open("one", time);
        await host.ServeAsync("v1");
        await PutAsync(host, "v2");
        host.Registry.State.Challenger.ShouldBeNull();
        await host.Registry.ChallengeAsync("v2", "anna", "newer data", default);

        await host.Registry.PromoteAsync("v2", "anna", "better", 0, default);

        var state = host.Registry.State;
        (state.Champion, state.Challenger, state.IsChallengerOnProbation, state.ProbationUntil).ShouldBe(("v2", "v1", true, time.Start.AddHours(1)));
        await host.Registry.RollBackAsync("anna", "worse", default);
        (state.Champion, state.Challenger, state.ProbationUntil).ShouldBe(("v1", null, null));
    }

    [Fact]
    public async Task A_promotion_without_probation_clears_a_challenger_that_was_promoted()
    {
        var host = await InServiceAsync("v1");
        await PutAsync(host, "v2", "v3");
        await host.Registry.ChallengeAsync("v2", "anna", "newer data", default);

        await host.Registry.PromoteAsync("v3", "anna", "by hand", 0, default);
        host.Registry.State.Challenger.ShouldBe("v2");
        await host.Registry.PromoteAsync("v2", "anna", "better", 0, default);

        host.Registry.State.Challenger.ShouldBeNull();
    }

    static async Task PutAsync(RegistryHost host, params string[] versions)
    {
        foreach (var version in versions)
        {
            host.Put(version);
            await host.Registry.RegisterAsync(host.Card(version), "anna", "a test's", default);
        }
    }

    RegistryHost Open(string name, TimeProvider? time = null)
    {
        var host = RegistryHost.Open(_folder, name, time);
        _hosts.Add(host);
        return host;
    }

    async Task<RegistryHost> InServiceAsync(params string[] versions)
    {
        var host = Open("one");
        await host.ServeAsync(versions);
        return host;
    }
}
