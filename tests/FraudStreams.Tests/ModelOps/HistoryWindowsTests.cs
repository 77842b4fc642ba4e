using FraudStreams.Configuration;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

/// <summary>Histories of a schema with window features.</summary>
[Trait("Category", "Unit")]
public sealed class HistoryWindowsTests : IDisposable
{
    const int Payments = 3_000;

    static readonly TransactionSchema Schema = SchemaFile.Read("cards");
    static readonly FeaturePlan Plan = FeaturePlan.Fit(Schema, []);
    static readonly int Count = Plan.Columns.Select(c => c.Name).ToList().IndexOf("count_1d");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Windows_include_rows_without_a_label()
    {
        var all = Read(History()).ShouldNotBeNull();

        var labelled = Read(History(rows => rows.Unlabelled(row => row % 3 == 0))).ShouldNotBeNull();

        labelled.Count.ShouldBe(Payments * 2 / 3);
        Rows(labelled).ShouldBe(Rows(all).Where((_, row) => row % 3 != 0));
    }

    [Fact]
    public void A_warm_up_is_included_in_windows_and_not_measured()
    {
        var whole = Read(History()).ShouldNotBeNull();
        var windows = new WindowState(Schema);
        Read(History(rows => rows.Take(2_000)), windows);

        var later = Read(History(rows => rows.Skip(2_000)), windows).ShouldNotBeNull();
        var cold = Read(History(rows => rows.Skip(2_000))).ShouldNotBeNull();

        Rows(later).ShouldBe(Rows(whole).Skip(2_000));
        Rows(cold).ShouldNotBe(Rows(later));
    }

    [Fact]
    public void An_evaluation_after_a_warm_up_knows_the_cards()
    {
        var before = new CsvHistory(Move(History(rows => rows.Take(2_000)), "before.csv"), Schema);
        var history = History(rows => rows.Skip(2_000));
        var model = new ScoringModel(TrainedModel.Loaded.Card with { Features = Plan }, new FirstOfTheDay());

        var cold = Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default));
        var warm = Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default, before));

        (cold.Rows, warm.Rows).ShouldBe((1_000, 1_000));
        Alerts(warm).ShouldBeLessThan(Alerts(cold));
    }

    [Theory]
    [InlineData("backwards")]
    [InlineData("the first row last")]
    [InlineData("two files one after the other")]
    public void Windows_include_earlier_payments_wherever_they_are_in_the_file(string order)
    {
        var inOrder = Read(History(AtTheirOwnTimes)).ShouldNotBeNull();

        var otherwise = Read(History(rows => InAnother(order, AtTheirOwnTimes(rows)))).ShouldNotBeNull();

        otherwise.Times.ShouldBe(inOrder.Times);
        Rows(otherwise).ShouldBe(Rows(inOrder));
        otherwise.Set.Labels.ToArray().ShouldBe(inOrder.Set.Labels.ToArray());
        otherwise.Cards.ShouldBe(inOrder.Cards);
    }

    [Fact]
    public void A_warm_up_that_overlaps_the_input_counts_no_payment_twice()
    {
        var before = new CsvHistory(Move(History(rows => AtTheirOwnTimes(rows).Take(2_000)), "before.csv"), Schema);
        var whole = new CsvHistory(Move(History(rows => AtTheirOwnTimes(rows).Where((_, row) => row != 2_000)), "whole.csv"), Schema);
        var history = History(rows => AtTheirOwnTimes(rows).Skip(2_000));
        var model = new ScoringModel(TrainedModel.Loaded.Card with { Features = Plan }, new FirstOfTheDay());

        var apart = Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default, before));
        var overlapping = Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default, whole));

        overlapping.ShouldBe(apart with { Metrics = overlapping.Metrics, Scores = overlapping.Scores });
        overlapping.Metrics.ShouldBe(apart.Metrics);
        overlapping.Scores.Curve.ShouldBe(apart.Scores.Curve);
        overlapping.Scores.Legitimate.ShouldBe(apart.Scores.Legitimate);
    }

    CsvHistory History(Func<IEnumerable<string[]>, IEnumerable<string[]>>? change = null)
    {
        Histories.Csv(_folder, Payments, change);
        return new CsvHistory(Path.Combine(_folder, "history.csv"), Schema);
    }

    /// <summary>Generated payments sometimes share a second; their order is then that of the file.</summary>
    static IEnumerable<string[]> AtTheirOwnTimes(IEnumerable<string[]> rows) => rows.DistinctBy(cells => cells[19]);

    static IEnumerable<string[]> InAnother(string order, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        return order switch
        {
            "backwards" => Enumerable.Reverse(all),
            "the first row last" => [.. all.Skip(1), all[0]],
            _ => [.. all.Where((_, row) => row % 3 == 0), .. all.Where((_, row) => row % 3 != 0)],
        };
    }

    string Move(CsvHistory history, string name)
    {
        var to = Path.Combine(_folder, name);
        File.Move(Path.Combine(_folder, history.Name), to);
        return to;
    }

    static LabelledDataset? Read(CsvHistory history, WindowState? windows = null) =>
        LabelledDataset.Read(history, Plan, windows ?? new WindowState(Schema), _ => { }, _ => { }, default);

    static IEnumerable<string> Rows(LabelledDataset rows) =>
        rows.Set.Values.ToArray().Chunk(Plan.Count).Select(features => string.Join(' ', features));

    static double Alerts(Evaluation evaluation) => evaluation.Metrics["true_positives"] + evaluation.Metrics["false_positives"];

    /// <summary>Calls a card's first payment of the last 24 hours a fraud.</summary>
    sealed class FirstOfTheDay : IScorer
    {
        public int FeatureCount => Plan.Count;

        public void Score(ReadOnlySpan<double> features, Span<double> scores)
        {
            for (var row = 0; row < scores.Length; row++)
                scores[row] = features[(row * FeatureCount) + Count] <= 1 ? 1 : 0;
        }
    }
}
