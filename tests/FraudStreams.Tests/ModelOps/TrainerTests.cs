using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Simulation;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class TrainerTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();
    readonly LocalModels _local;

    public TrainerTests() => _local = new LocalModels(_folder, _time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_history_with_too_few_frauds_gives_no_model_but_the_reason()
    {
        var (model, why) = Train(Histories.Csv(_folder, 1_000, rows => rows.Honest()));

        model.ShouldBeNull();
        why.ShouldNotBeNull().ShouldContain("history.csv");
        why.ShouldContain("has 0 labelled frauds and ");
        why.ShouldContain("payments labelled as none: at least 10 of each are needed to learn from");
        Directory.Exists(_local.Directory).ShouldBeFalse();
    }

    [Fact]
    public void A_history_of_frauds_alone_is_refused_as_one_without_any()
    {
        var (model, why) = Train(Histories.Csv(_folder, 4_000, rows => rows.Where(cells => cells[^1] == "1")));

        model.ShouldBeNull();
        why.ShouldNotBeNull().ShouldContain("labelled frauds and 0 payments labelled as none: at least 10 of each are needed to learn from");
        Directory.Exists(_local.Directory).ShouldBeFalse();
    }

    [Fact]
    public void A_history_of_which_too_much_is_rejected_is_refused()
    {
        var history = Histories.Csv(_folder, 1_000, rows => rows.Select((cells, row) => row % 10 == 0 ? cells[..5] : cells));

        var refusal = Should.Throw<TooManyRejectedException>(() => Histories.Quietly(progress =>
            new Trainer(TrainedModel.Settings(), _local, progress, _time) { Input = new InputSettings(0.05) }.Train(history, default)));

        refusal.Message.ShouldStartWith("100 of 1,000 records of history.csv were rejected, 10.0");
        Directory.Exists(_local.Directory).ShouldBeFalse();
    }

    [Fact]
    public void The_card_remembers_the_columns_of_the_file_and_its_rows()
    {
        var history = Histories.Csv(_folder, 4_000);
        var other = Train(history).Model.ShouldNotBeNull();

        var model = Train(history).Model.ShouldNotBeNull();

        var training = ModelArtifact.Load(_local.FolderOf(model.Version)).Card.Training;
        training.Columns.ShouldBe(File.ReadLines(Path.Combine(_folder, "history.csv")).First());
        training.Payments.ShouldNotBeNull().ShouldBe(other.Card.Training.Payments);
    }

    [Fact]
    public void A_history_without_a_label_gives_no_model_but_the_reason()
    {
        var (model, why) = Train(Histories.Csv(_folder, 500, rows => rows.Unlabelled(_ => true)));

        model.ShouldBeNull();
        why.ShouldBe("history.csv has no labelled row that can be read");
    }

    [Fact]
    public void The_same_history_and_seed_give_the_same_model_byte_for_byte()
    {
        var history = Histories.Csv(_folder, 4_000);

        var first = Train(history).Model.ShouldNotBeNull();
        var second = Train(history).Model.ShouldNotBeNull();
        var shuffled = Train(Histories.Csv(_folder, 4_000), "model.seed=2").Model.ShouldNotBeNull();

        second.Version.ShouldNotBe(first.Version);
        ModelFile(second).ShouldBe(ModelFile(first));
        shuffled.Card.Training.Seed.ShouldBe(2UL);
    }

    [Fact]
    public void The_card_holds_training_facts_metrics_and_parent()
    {
        TrainedModel.PutInService(_folder, _time);
        var history = Histories.Csv(_folder, 4_000);

        var model = Train(history, "model.threshold=alerts-per-day 20").Model.ShouldNotBeNull();

        var card = ModelArtifact.Load(_local.FolderOf(model.Version)).Card;
        var rows = Histories.Read(history).ShouldNotBeNull();
        card.Version.ShouldBe("cards-20260102-030405");
        card.CreatedAt.ShouldBe(_time.Start);
        card.Parent.ShouldBe(TrainedModel.Loaded.Version);
        card.Training.Rows.ShouldBe(4_000);
        card.Training.Frauds.ShouldBe(rows.Set.Positives);
        card.Training.From.ToUnixTimeMilliseconds().ShouldBe(rows.Times[0]);
        card.Training.To.ToUnixTimeMilliseconds().ShouldBe(rows.Times[^1]);
        card.Threshold.Rule.ShouldBe("at most 20 alerts a day on the validation part");
        card.Training.Settings["trees"].ShouldBe("30");
        card.Metrics["average_precision"].ShouldBeGreaterThan(2 * TrainedModel.FraudShare);
        card.Metrics["roc_auc"].ShouldBeGreaterThan(0.8);
        card.Metrics["threshold"].ShouldBe(card.Threshold.Score);
        card.Metrics["alerts_a_day"].ShouldBeLessThanOrEqualTo(20);
    }

    [Fact]
    public void A_cancelled_training_leaves_nothing_behind()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Should.Throw<OperationCanceledException>(() => Histories.Quietly(progress =>
            new Trainer(TrainedModel.Settings(), _local, progress, _time).Train(Histories.Csv(_folder, 4_000), cancelled.Token)));

        Directory.Exists(_local.Directory).ShouldBeFalse();
    }

    (ScoringModel? Model, string? Why) Train(IHistory history, params string[] set) =>
        Histories.Quietly(progress => new Trainer(TrainedModel.Settings(set), _local, progress, _time).Train(history, default));

    byte[] ModelFile(ScoringModel model) => File.ReadAllBytes(Path.Combine(_local.FolderOf(model.Version), "model.json"));
}
