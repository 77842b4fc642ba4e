using System.Text.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class LocalModelsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly LocalModels _local;

    public LocalModelsTests() => _local = new LocalModels(_folder, _time);

    public void Dispose() => _folder.Dispose();

    string PointerFile => Path.Combine(_local.Directory, "champion.json");

    [Fact]
    public void An_empty_folder_has_no_champion_and_asking_creates_nothing()
    {
        _local.ChampionVersion.ShouldBeNull();
        _local.Champion().ShouldBeNull();
        _local.LastGoodBefore("v1").ShouldBeNull();

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public void A_promoted_version_is_in_service_with_reason_time_and_predecessors()
    {
        Put("v1");
        Put("v2");
        _time.Advance(TimeSpan.FromHours(1));

        Put("v3", "better");

        _local.Champion().ShouldNotBeNull().Version.ShouldBe("v3");
        var pointer = JsonDocument.Parse(File.ReadAllText(PointerFile)).RootElement;
        pointer.GetProperty("champion").GetString().ShouldBe("v3");
        pointer.GetProperty("before").EnumerateArray().Select(version => version.GetString()).ShouldBe(["v2", "v1"]);
        pointer.GetProperty("why").GetString().ShouldBe("better");
        pointer.GetProperty("since").GetDateTimeOffset().ShouldBe(_time.Start.AddHours(1));
    }

    [Fact]
    public void Going_back_drops_later_versions_as_fallback_candidates()
    {
        Put("v1");
        Put("v2");
        Put("v3");

        _local.Promote("v2", "back");

        _local.ChampionVersion.ShouldBe("v2");
        _local.LastGoodBefore("v2").ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Fact]
    public void Promoting_the_champion_again_leaves_the_history_unchanged()
    {
        Put("v1");
        Put("v2");

        _local.Promote("v2", "again");

        _local.LastGoodBefore("v2").ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Fact]
    public void The_last_good_version_is_the_latest_that_loads_and_fits_the_schema()
    {
        Put("v1");
        Put("v2");
        ModelArtifact.Write(_local.Directory, OtherSchema.Model("v3"));
        _local.Promote("v3", "a test's");
        Put("v4");
        Put("v5");
        Directory.Delete(_local.FolderOf("v4"), recursive: true);

        _local.LastGoodBefore("v5").ShouldNotBeNull().Version.ShouldBe("v3");
        _local.LastGoodBefore("v5", TrainedModel.Schema).ShouldNotBeNull().Version.ShouldBe("v2");
        File.AppendAllText(Path.Combine(_local.FolderOf("v2"), "card.json"), " ");
        _local.LastGoodBefore("v5", TrainedModel.Schema).ShouldNotBeNull().Version.ShouldBe("v1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"champion":"v1"}""")]
    [InlineData("""{"champion":7,"before":[]}""")]
    [InlineData("""{"champion":"../../somewhere","before":[]}""")]
    public void A_damaged_champion_file_is_named_with_what_to_do(string text)
    {
        Put("v1");
        File.WriteAllText(PointerFile, text);

        var refusal = Should.Throw<ModelArtifactException>(() => _local.LastGoodBefore(_local.Champion()?.Version ?? "none"));

        refusal.Message.ShouldContain(PointerFile);
        refusal.Message.ShouldContain("the next start then names the versions that there are");
    }

    [Fact]
    public void New_versions_have_unique_names_even_within_a_second()
    {
        var first = _local.NewVersionName("cards", _time.Start);
        Put(first);
        var second = _local.NewVersionName("cards", _time.Start);
        Put(second);

        first.ShouldBe("cards-20260102-030405");
        second.ShouldBe("cards-20260102-030405-2");
        _local.NewVersionName("cards", _time.Start).ShouldBe("cards-20260102-030405-3");
    }

    [Fact]
    public async Task One_process_at_a_time_may_train_the_first_version()
    {
        using var stop = new CancellationTokenSource();
        var first = _local.LockFirstTraining(default);
        var second = Task.Run(() => _local.LockFirstTraining(default));
        var third = Task.Run(() => _local.LockFirstTraining(stop.Token));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(third);
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    void Put(string version, string why = "a test's")
    {
        Directory.CreateDirectory(_local.Directory);
        ModelArtifact.Write(_local.Directory, new ScoringModel(TrainedModel.Loaded.Card with { Version = version }, TrainedModel.Loaded.Scorer));
        _local.Promote(version, why);
    }
}
