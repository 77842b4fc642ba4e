using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.Tests.Scoring;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class EvaluatorTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_perfect_ranking_has_the_best_metrics()
    {
        // The amount separates them: frauds cost more than a million.
        var history = Histories.Csv(_folder, 2_000, rows => rows
            .Select((cells, row) => row == 7 ? cells[..9] : cells.Length > 9 && cells[^1] == "1" ? [.. cells[..5], "2000000", .. cells[6..]] : cells)
            .Unlabelled(row => row is 8 or 9));

        var evaluation = Evaluate(history, new AmountScorer(1_000_000));

        evaluation.Rows.ShouldBe(1_997);
        evaluation.Rejected.ShouldBe(1);
        evaluation.Frauds.ShouldBeGreaterThan(20);
        evaluation.ModelVersion.ShouldBe(TrainedModel.Loaded.Version);
        evaluation.Input.ShouldBe("history.csv");
        evaluation.From.ShouldBeLessThan(evaluation.To);
        evaluation.Metrics["average_precision"].ShouldBe(1);
        evaluation.Metrics["roc_auc"].ShouldBe(1);
        evaluation.Metrics["true_positives"].ShouldBe(evaluation.Frauds);
        evaluation.Metrics["false_positives"].ShouldBe(0);
        evaluation.Metrics["true_negatives"].ShouldBe(evaluation.Rows - evaluation.Frauds);
    }

    [Fact]
    public void Alerts_a_day_are_per_fractional_day_of_event_time()
    {
        const int halfHours = 72;
        var history = Histories.Csv(_folder, halfHours + 1, rows => rows.Select((cells, row) =>
            (string[])[.. cells[..5], "2000000", .. cells[6..19], $"{1_735_700_000 + (row * 1800)}", .. cells[20..]]));

        var evaluation = Evaluate(history, new AmountScorer(1_000_000));

        evaluation.Metrics["alerts_a_day"].ShouldBe((halfHours + 1) / 1.5, 1e-9);
    }

    [Fact]
    public void A_model_without_information_is_as_good_as_chance()
    {
        var evaluation = Evaluate(Histories.Csv(_folder, 2_000), new ScriptedScorer(0.4));

        evaluation.Metrics["roc_auc"].ShouldBe(0.5);
        evaluation.Metrics["average_precision"].ShouldBe((double)evaluation.Frauds / evaluation.Rows, 1e-12);
    }

    [Fact]
    public void Metrics_without_a_value_are_absent()
    {
        var evaluation = Evaluate(Histories.Csv(_folder, 500, rows => rows.Honest()), new AmountScorer(1_000_000));

        evaluation.Frauds.ShouldBe(0);
        evaluation.Metrics.Keys.ShouldNotContain("average_precision");
        evaluation.Metrics.Keys.ShouldNotContain("recall");
        evaluation.Metrics["false_positives"].ShouldBe(0);
        evaluation.Metrics.Values.ShouldAllBe(value => double.IsFinite(value));
    }

    [Fact]
    public void A_history_without_labels_is_refused_by_name()
    {
        var refusal = Should.Throw<NothingToMeasureException>(() => Evaluate(Histories.Csv(_folder, 50, rows => rows.Unlabelled(_ => true)), new ScriptedScorer(0.4)));

        refusal.Message.ShouldBe("history.csv has no labelled row that can be read");
    }

    [Theory]
    [InlineData(0, 4_000, 4_000)]
    [InlineData(1_600, 2_400, 2_400)]
    public void Payments_of_the_time_that_the_model_learnt_from_are_counted(int from, int rows, int seen)
    {
        var local = new LocalModels(_folder, TimeProvider.System);
        var model = Histories.Quietly(progress => new Trainer(TrainedModel.Settings(), local, progress, TimeProvider.System).Train(Histories.Csv(_folder, 4_000), default)).Model
            .ShouldNotBeNull();

        var measured = Histories.Quietly(progress => Evaluator.Evaluate(model, Histories.Csv(_folder, 4_000, all => all.Skip(from).Take(rows)), progress, default));

        measured.InTrainingTime.ShouldBe(seen);
    }

    [Fact]
    public void Payments_after_the_training_are_not_counted_as_seen()
    {
        var model = Histories.ScoringBy(new ScriptedScorer(0.4));
        var after = model.Card.Training.To.ToUnixTimeSeconds() + 1;
        var history = Histories.Csv(_folder, 50, rows => rows.Select((cells, row) => (string[])[.. cells[..19], $"{after + row}", .. cells[20..]]));

        Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default)).InTrainingTime.ShouldBe(0);
    }

    static Evaluation Evaluate(IHistory history, IScorer scorer) =>
        Histories.Quietly(progress => Evaluator.Evaluate(Histories.ScoringBy(scorer), history, progress, default));

    /// <summary>Calls a payment above a limit a fraud; the amount is the first feature.</summary>
    sealed class AmountScorer(double limit) : IScorer
    {
        public int FeatureCount => TrainedModel.Loaded.Features.Count;

        public void Score(ReadOnlySpan<double> features, Span<double> scores)
        {
            for (var row = 0; row < scores.Length; row++)
                scores[row] = features[row * FeatureCount] > limit ? 1 : 0;
        }
    }
}
