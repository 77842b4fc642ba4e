using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using FraudStreams.ModelOps;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class GridSearchTests
{
    static readonly TemporalSplit Split = new(MadeRows.First.AddDays(40), TrainDays: 7, DelayDays: 3, TestDays: 4);
    static readonly BoostingSettings Few = new() { Trees = 5, MinChildWeight = 0.1 };

    [Fact]
    public void A_backtest_measures_each_split_and_those_before_it()
    {
        var folds = Backtest.Run(MadeRows.Make(seed: 1), Split, folds: 3, Trees(Few));

        folds.Select(fold => fold.TrainFrom).ShouldBe([Split.From, Split.From.AddDays(-4), Split.From.AddDays(-8)]);
        folds.Select(fold => fold.TestFrom).ShouldBe(folds.Select(fold => fold.TrainFrom.AddDays(10)));
        foreach (var fold in folds)
        {
            fold.TrainRows.ShouldBe(7 * 60);
            fold.TestRows.ShouldBeInRange(50, 240);
            fold.TestFrauds.ShouldBeInRange(1, fold.TestRows);
            // The first feature indicates most frauds, which are one in ten.
            fold.AveragePrecision.ShouldBeInRange(0.3, 1);
            fold.RocAuc.ShouldBeInRange(0.7, 1);
        }
    }

    [Fact]
    public void A_split_without_a_fraud_is_refused_with_what_it_has()
    {
        var refusal = Should.Throw<NothingToMeasureException>(() => Backtest.Run(MadeRows.Make(seed: 1, fraudShare: 0), Split, Trees(Few)));

        refusal.Message.ShouldBe($"The split has too little: 420 payments with 0 frauds to learn from, 240 with 0 to be measured on, and each part needs frauds and others ({Split})");
    }

    [Fact]
    public void A_grid_is_every_combination_of_its_values_over_the_settings()
    {
        var grid = BoostingGrid.Parse(" trees=50,100 ; learning-rate=0.1,0.2,0.3; positive-weight=4 ");

        var combined = grid.Over(new BoostingSettings { MaxDepth = 3 }).ToList();

        grid.Count.ShouldBe(6);
        combined.Select(one => one.Values).ShouldBe([[50, 0.1, 4], [50, 0.2, 4], [50, 0.3, 4], [100, 0.1, 4], [100, 0.2, 4], [100, 0.3, 4]]);
        combined[4].Settings.ShouldBe(new BoostingSettings { MaxDepth = 3, Trees = 100, LearningRate = 0.2, PositiveWeight = 4 });
    }

    [Theory]
    [InlineData("", "the grid is empty")]
    [InlineData("trees", "\"trees\" is no key with values")]
    [InlineData("wood=1,2", "keys are trees, learning-rate")]
    [InlineData("trees=1;trees=2", "\"trees\" is there twice")]
    [InlineData("trees=1,many", "\"many\" of trees is not a number")]
    public void A_malformed_grid_is_refused_with_the_right_form(string text, string message) =>
        Should.Throw<FormatException>(() => BoostingGrid.Parse(text)).Message.ShouldContain(message);

    [Fact]
    public void A_search_gives_the_best_first_and_reports_progress()
    {
        var (rows, shares) = (MadeRows.Make(seed: 2), new List<double>());

        var tried = GridSearch.Run(rows, Split, folds: 2, Few, BoostingGrid.Parse("trees=1,5; leaves=2,7"), shares.Add, default);

        tried.Count.ShouldBe(4);
        tried.Select(one => one.AveragePrecision).ShouldBeInOrder(SortDirection.Descending);
        shares.ShouldBe([0.25, 0.5, 0.75, 1]);
        var again = Backtest.Run(rows, Split.ForValidation(), 2, Trees(tried[0].Settings));
        tried[0].Folds.ShouldBe(again);
        tried[0].AveragePrecision.ShouldBe(again.Average(fold => fold.AveragePrecision));
        tried[0].Deviation.ShouldBe(Math.Abs(again[0].AveragePrecision - again[1].AveragePrecision) / 2, 1e-12);
    }

    [Fact]
    public void A_search_uses_no_label_that_is_unknown_when_the_final_split_trains()
    {
        var grid = BoostingGrid.Parse("trees=2,5; leaves=2,7");
        var rows = MadeRows.Make(seed: 3);
        var trainEnds = Split.From.AddDays(Split.TrainDays);

        var tried = GridSearch.Run(rows, Split, folds: 2, Few, grid, _ => { }, default);
        var blind = GridSearch.Run(rows.WithOthersFrom(trainEnds, seed: 4), Split, folds: 2, Few, grid, _ => { }, default);
        var other = GridSearch.Run(rows.WithOthersFrom(trainEnds.AddDays(-1), seed: 4), Split, folds: 2, Few, grid, _ => { }, default);

        blind.Select(one => one.AveragePrecision).ShouldBe(tried.Select(one => one.AveragePrecision));
        blind.Select(one => one.Settings).ShouldBe(tried.Select(one => one.Settings));
        other.Select(one => one.AveragePrecision).ShouldNotBe(tried.Select(one => one.AveragePrecision));
    }

    static Func<TrainingSet, IScorer> Trees(BoostingSettings settings) => train => GradientBoosting.Train(train, null, settings);
}
