using FraudStreams.Diagnostics;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Training on the features that predictions carry (`train --from-predictions`).</summary>
[Collection(WholeProgramCollection.Third)]
[Trait("Category", "Integration")]
public sealed class TrainFromPredictionsTests
{
    const int Rows = 3_000;

    static readonly string[] Carrying = ["--set", "scoring.carry-features=on"];
    static readonly string[] FewTrees = ["--keep-champion", "--set", "model.trees=10", "--json"];

    [Fact]
    public async Task Predictions_with_features_train_the_same_model_as_their_payments()
    {
        using var folder = new StreamFolder(Rows);
        await using var run = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", .. Carrying]);
        await using var train = await folder.RunAsync(["train", "--from-predictions", .. FewTrees]);

        (await train.ExitAsync()).ShouldBe(0, train.Errors);
        var version = train.Json().GetProperty("version").GetString()!;
        var seen = ModelArtifact.Load(new LocalModels(folder.Data, TimeProvider.System).FolderOf(version));
        var computed = FromPayments(folder);
        ScorerOf(folder.Data, version).ShouldBe(ScorerOf(folder.File("other"), computed.Version));
        seen.Card.Metrics.ShouldBe(computed.Card.Metrics);
        seen.Features.IsSameAs(TrainedModel.Loaded.Features).ShouldBeTrue();
        new LocalModels(folder.Data, TimeProvider.System).ChampionVersion.ShouldBe(TrainedModel.Loaded.Version);
    }

    [Fact]
    public async Task Confirmed_labels_are_used_and_predictions_without_features_left_out()
    {
        const int without = 1_000;
        using var folder = new StreamFolder(Rows);
        var lines = File.ReadAllLines(folder.Input);
        File.WriteAllLines(folder.File("first.csv"), lines.Take(without + 1));
        File.WriteAllLines(folder.File("second.csv"), lines.Skip(without + 1).Prepend(lines[0]));
        var ids = lines.Skip(without + 1).Select(line => line.Split(',')[18]).ToList();
        File.WriteAllLines(folder.File("labels.csv"), ids.Select((id, at) => $"{id},{(at % 10 == 0 ? 1 : 0)},2025-03-01 00:00:00,team").Prepend("id,true_value,confirmed_at,confirmed_by"));
        await using var off = await folder.RunAsync("run", "--input", "first.csv", "--until-drained");
        await using var import = await folder.RunAsync("labels", "import", "labels.csv");
        await using var on = await folder.RunAsync(["run", "--input", "second.csv", "--until-drained", .. Carrying]);

        await using var train = await folder.RunAsync(["train", "--from-predictions", .. FewTrees]);

        (await on.ExitAsync()).ShouldBe(0, on.Errors);
        (await train.ExitAsync()).ShouldBe(0, train.Errors);
        train.Errors.ShouldContain($"{without,10:N0}  without features  scoring.carry-features was off");
        var training = train.Json().GetProperty("training");
        training.GetProperty("rows").GetInt64().ShouldBe(Rows - without);
        training.GetProperty("frauds").GetInt64().ShouldBe((Rows - without) / 10);
    }

    [Fact]
    public async Task Predictions_of_a_version_with_other_categories_are_left_out()
    {
        using var folder = new StreamFolder(Rows);
        await using var run = await folder.RunAsync(["run", "--input", folder.Input, "--until-drained", .. Carrying]);
        await using var other = await folder.RunAsync("train", "--input", folder.Input, "--set", "model.trees=5", "--json");
        var champion = new LocalModels(folder.Data, TimeProvider.System).Champion().ShouldNotBeNull();
        champion.Features.IsSameAs(TrainedModel.Loaded.Features).ShouldBeFalse();

        await using var train = await folder.RunAsync(["train", "--from-predictions", .. FewTrees]);

        (await train.ExitAsync()).ShouldBe(1);
        train.Errors.ShouldContain($"{Rows,10:N0}  other features  of versions with other features than the champion's");
        train.Errors.ShouldContain("has no labelled row that can be read");
    }

    [Fact]
    public async Task Training_takes_either_a_file_or_the_predictions()
    {
        using var folder = new StreamFolder(1);

        await using var neither = await folder.RunAsync("train");
        await using var both = await folder.RunAsync("train", "--from-predictions", "--input", folder.Input);
        await using var noPredictions = await folder.RunAsync("train", "--from-predictions");

        foreach (var refused in new[] { neither, both })
        {
            (await refused.ExitAsync()).ShouldNotBe(0);
            refused.Errors.ShouldContain("give one of --input CSV and --from-predictions");
        }

        (await noPredictions.ExitAsync()).ShouldBe(1);
        noPredictions.Errors.ShouldContain("there are no topics in fraudstreams-data");
    }

    static ScoringModel FromPayments(StreamFolder folder) => WorkProgress.Run(progress =>
    {
        var plan = TrainedModel.Loaded.Features;
        var rows = LabelledDataset.Read(new CsvHistory(folder.Input, TrainedModel.Schema), plan, new WindowState(TrainedModel.Schema), _ => { }, _ => { }, default);
        var trainer = new Trainer(TrainedModel.Settings("model.trees=10"), new LocalModels(folder.File("other"), TimeProvider.System), progress, TimeProvider.System);
        return trainer.Train("payments", plan, rows, null, default).Model.ShouldNotBeNull();
    });

    static string ScorerOf(string data, string version) => File.ReadAllText(Path.Combine(new LocalModels(data, TimeProvider.System).FolderOf(version), "model.json"));
}
