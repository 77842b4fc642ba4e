using FraudStreams.Ingest;
using FraudStreams.Model;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

/// <summary>Histories of a schema whose features look at earlier payments.</summary>
public sealed class HistoryWindowsTests : IDisposable
{
    const int Payments = 3_000;

    static readonly TransactionSchema Schema = SchemaFile.Read("cards-history");
    static readonly FeaturePlan Plan = FeaturePlan.Fit(Schema, []);
    static readonly int Count = Plan.Columns.Select(c => c.Name).ToList().IndexOf("count_1d");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_without_a_label_are_seen_by_those_after_them()
    {
        var all = Read(History()).ShouldNotBeNull();

        var labelled = Read(History(rows => rows.Unlabelled(row => row % 3 == 0))).ShouldNotBeNull();

        labelled.Count.ShouldBe(Payments * 2 / 3);
        Rows(labelled).ShouldBe(Rows(all).Where((_, row) => row % 3 != 0));
    }

    [Fact]
    public void What_came_before_is_seen_and_not_measured()
    {
        var whole = Read(History()).ShouldNotBeNull();
        var memory = new WindowState(Schema);
        Read(History(rows => rows.Take(2_000)), memory);

        var later = Read(History(rows => rows.Skip(2_000)), memory).ShouldNotBeNull();
        var cold = Read(History(rows => rows.Skip(2_000))).ShouldNotBeNull();

        Rows(later).ShouldBe(Rows(whole).Skip(2_000));
        Rows(cold).ShouldNotBe(Rows(later));
    }

    [Fact]
    public void An_evaluation_after_a_warm_up_knows_the_cards()
    {
        var before = new CsvHistory(Move(History(rows => rows.Take(2_000)), "before.csv"), Schema);
        var history = History(rows => rows.Skip(2_000));
        var model = new LoadedModel(TrainedModel.Loaded.Card with { Features = Plan }, new FirstOfTheDay());

        var cold = Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default));
        var warm = Histories.Quietly(progress => Evaluator.Evaluate(model, history, progress, default, before));

        (cold.Rows, warm.Rows).ShouldBe((1_000, 1_000));
        Alerts(warm).ShouldBeLessThan(Alerts(cold));
    }

    [Fact]
    public void Rows_that_come_late_are_counted_and_see_what_stands_before_them()
    {
        var inOrder = Read(History()).ShouldNotBeNull();

        var late = Read(History(rows => [.. rows.Skip(1), rows.First()])).ShouldNotBeNull();

        inOrder.Late.ShouldBe(0);
        late.Late.ShouldBe(1);
        late.Times.ShouldBe(inOrder.Times);
        // Alone in its window but for itself; a later row of the same card does not see it, because it came after that.
        late.Set.Values.Span[Count].ShouldBe(1);
        Rows(late).Zip(Rows(inOrder)).Count(rows => rows.First != rows.Second).ShouldBeLessThan(40);
    }

    CsvHistory History(Func<IEnumerable<string[]>, IEnumerable<string[]>>? change = null)
    {
        Histories.Csv(_folder, Payments, change);
        return new CsvHistory(Path.Combine(_folder, "history.csv"), Schema);
    }

    string Move(CsvHistory history, string name)
    {
        var to = Path.Combine(_folder, name);
        File.Move(Path.Combine(_folder, history.Name), to);
        return to;
    }

    static LabelledRows? Read(CsvHistory history, WindowState? memory = null) =>
        LabelledRows.Read(history, Plan, memory ?? new WindowState(Schema), _ => { }, _ => { }, default);

    static IEnumerable<string> Rows(LabelledRows rows) =>
        rows.Set.Values.ToArray().Chunk(Plan.Count).Select(features => string.Join(' ', features));

    static double Alerts(Evaluation evaluation) => evaluation.Metrics["true_positives"] + evaluation.Metrics["false_positives"];

    /// <summary>Fraud is a card's first payment of the last 24 hours.</summary>
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
