using System.Text.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

public sealed class ModelRegistryTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly ModelRegistry _shelf;

    public ModelRegistryTests() => _shelf = new ModelRegistry(_folder, _time);

    public void Dispose() => _folder.Dispose();

    string PointerFile => Path.Combine(_shelf.Directory, "champion.json");

    [Fact]
    public void An_empty_folder_has_no_champion_and_nothing_is_made_by_asking()
    {
        _shelf.ChampionVersion.ShouldBeNull();
        _shelf.Champion().ShouldBeNull();
        _shelf.LastGoodBefore("v1").ShouldBeNull();

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_promoted_is_in_service_with_the_reason_and_the_moment_and_what_was_there_before_it_latest_first()
    {
        Put("v1");
        Put("v2");
        _time.Advance(TimeSpan.FromHours(1));

        Put("v3", "better");

        _shelf.Champion().ShouldNotBeNull().Version.ShouldBe("v3");
        var pointer = JsonDocument.Parse(File.ReadAllText(PointerFile)).RootElement;
        pointer.GetProperty("champion").GetString().ShouldBe("v3");
        pointer.GetProperty("before").EnumerateArray().Select(version => version.GetString()).ShouldBe(["v2", "v1"]);
        pointer.GetProperty("why").GetString().ShouldBe("better");
        pointer.GetProperty("since").GetDateTimeOffset().ShouldBe(_time.Start.AddHours(1));
    }

    [Fact]
    public void Going_back_leaves_the_later_versions_out_so_that_they_are_no_candidates_of_the_next_fallback()
    {
        Put("v1");
        Put("v2");
        Put("v3");

        _shelf.Promote("v2", "back");

        _shelf.ChampionVersion.ShouldBe("v2");
        _shelf.LastGoodBefore("v2").ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Fact]
    public void Promoting_the_champion_again_changes_nothing_of_the_history()
    {
        Put("v1");
        Put("v2");

        _shelf.Promote("v2", "again");

        _shelf.LastGoodBefore("v2").ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Fact]
    public void The_last_good_version_is_the_latest_that_loads_and_fits_the_schema()
    {
        Put("v1");
        Put("v2");
        ModelArtifact.Write(_shelf.Directory, OtherSchema.Model("v3"));
        _shelf.Promote("v3", "a test's");
        Put("v4");
        Put("v5");
        Directory.Delete(_shelf.FolderOf("v4"), recursive: true);

        _shelf.LastGoodBefore("v5").ShouldNotBeNull().Version.ShouldBe("v3");
        _shelf.LastGoodBefore("v5", TrainedModel.Schema).ShouldNotBeNull().Version.ShouldBe("v2");
        File.AppendAllText(Path.Combine(_shelf.FolderOf("v2"), "card.json"), " ");
        _shelf.LastGoodBefore("v5", TrainedModel.Schema).ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"champion":"v1"}""")]
    [InlineData("""{"champion":7,"before":[]}""")]
    [InlineData("""{"champion":"../../somewhere","before":[]}""")]
    public void A_damaged_champion_file_is_refused_by_name_with_what_to_do(string text)
    {
        Put("v1");
        File.WriteAllText(PointerFile, text);

        var refusal = Should.Throw<ModelArtifactException>(() => _shelf.LastGoodBefore(_shelf.Champion()?.Version ?? "none"));

        refusal.Message.ShouldContain(PointerFile);
        refusal.Message.ShouldContain("train anew");
    }

    [Fact]
    public void New_versions_have_names_of_their_own_also_within_a_second()
    {
        var first = _shelf.NewVersionName("cards", _time.Start);
        Put(first);
        var second = _shelf.NewVersionName("cards", _time.Start);
        Put(second);

        first.ShouldBe("cards-20260102-030405");
        second.ShouldBe("cards-20260102-030405-2");
        _shelf.NewVersionName("cards", _time.Start).ShouldBe("cards-20260102-030405-3");
    }

    [Fact]
    public async Task One_at_a_time_may_put_a_first_version_on_the_shelf()
    {
        using var stop = new CancellationTokenSource();
        var first = _shelf.BeFirst(default);
        var second = Task.Run(() => _shelf.BeFirst(default));
        var third = Task.Run(() => _shelf.BeFirst(stop.Token));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(third);
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    void Put(string version, string why = "a test's")
    {
        Directory.CreateDirectory(_shelf.Directory);
        ModelArtifact.Write(_shelf.Directory, new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer));
        _shelf.Promote(version, why);
    }
}
