using FraudStreams.ModelOps;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class TemporalSplitTests
{
    static readonly TemporalSplit Split = new(MadeRows.First.AddDays(20), TrainDays: 7, DelayDays: 5, TestDays: 6);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Measured_cards_are_not_known_to_be_compromised(int seed)
    {
        var rows = MadeRows.Make(seed);

        var (train, test) = Split.Of(rows);

        Days(train).ShouldBe(Enumerable.Range(20, 7));
        train.Count.ShouldBe(7 * 60);
        Rows(test).ShouldBe(AsTheHandbook(rows));
        Days(test).ShouldBe(Enumerable.Range(32, 6));
        test.Count.ShouldBeInRange(100, 300);
    }

    [Fact]
    public void Every_row_is_learnt_from_measured_or_left_out_for_a_reason()
    {
        var rows = MadeRows.Make(seed: 1);
        var (train, test) = Split.Of(rows);

        var (leftOut, kept) = Split.LeftOutOf(rows);

        kept.ShouldBe(train.Count + test.Count);
        leftOut.Count.ShouldBe(rows.Count - kept);
        leftOut.Rejected.ShouldBe(0);
    }

    [Fact]
    public void A_card_is_left_out_from_the_day_after_its_fraud_is_known()
    {
        // Two cards pay once a day each, and of the first one's payments one is a fraud.
        static List<int> MeasuredWithFraudOn(int day)
        {
            var rows = MadeRows.Make(seed: 1, rowsADay: 2, fraudShare: 0).WithFraudOn(day);
            var test = Split.Of(rows with { Cards = [.. Enumerable.Range(0, rows.Count).Select(row => (long)(row % 2))] }).Test;
            return [.. Enumerable.Range(0, test.Count).Where(row => test.Cards[row] == 0).Select(row => DayOf(test.Times[row]))];
        }

        var (before, whileTrained, inTheDelay) = (MeasuredWithFraudOn(19), MeasuredWithFraudOn(20), MeasuredWithFraudOn(28));

        before.ShouldBe(Enumerable.Range(32, 6));
        whileTrained.ShouldBeEmpty();
        // The label of day 28 is known on day 33, and used from the day after.
        inTheDelay.ShouldBe([32, 33]);
    }

    [Fact]
    public void Earlier_splits_step_by_the_measured_days_and_validation_is_over_before()
    {
        Split.Earlier(0).ShouldBe(Split);
        Split.Earlier(2).From.ShouldBe(Split.From.AddDays(-12));
        Split.ForValidation().TestTo.ShouldBe(Split.From.AddDays(Split.TrainDays - 1));
        (Split.TestFrom, Split.TestTo).ShouldBe((Split.From.AddDays(12), Split.From.AddDays(17)));
        Split.ToString().ShouldBe("trained on 2025-03-23 to 2025-03-29, 5 days until labels are known, measured on 2025-04-04 to 2025-04-09");
    }

    [Theory]
    [InlineData(-40)]
    [InlineData(-15)]
    [InlineData(55)]
    public void Days_that_the_file_lacks_are_refused_with_their_dates(int from)
    {
        var split = Split with { From = MadeRows.First.AddDays(from) };

        Should.Throw<NothingToMeasureException>(() => split.Of(MadeRows.Make(seed: 1))).Message.ShouldContain(split.ToString());
    }

    static IEnumerable<int> Days(LabelledDataset rows) => rows.Times.Select(DayOf).Distinct();

    static int DayOf(long time) => (int)((time - MadeRows.StartOf(MadeRows.First)) / MadeRows.Day);

    static IEnumerable<string> Rows(LabelledDataset rows) => Enumerable.Range(0, rows.Count).Select(row => Row(rows, row));

    static string Row(LabelledDataset rows, int row) => $"{rows.Times[row]} {rows.Cards[row]} {rows.Set.Labels.Span[row]} {rows.Set.Values.Span[row * 2]}";

    /// <summary>As the Handbook's get_train_test_set: day by day, with a set of customers.</summary>
    static List<string> AsTheHandbook(LabelledDataset rows)
    {
        var first = Split.From.DayNumber - MadeRows.First.DayNumber;
        var day = rows.Times.Select(DayOf).ToArray();
        IEnumerable<int> Frauds(Func<int, bool> on) => Enumerable.Range(0, rows.Count).Where(row => on(day[row]) && rows.Set.Labels.Span[row] == 1);
        var known = Frauds(d => d >= first && d < first + Split.TrainDays).Select(row => rows.Cards[row]).ToHashSet();
        var test = new List<string>();
        for (var ahead = 0; ahead < Split.TestDays; ahead++)
        {
            known.UnionWith(Frauds(d => d == first + Split.TrainDays + ahead - 1).Select(row => rows.Cards[row]));
            test.AddRange(Enumerable.Range(0, rows.Count)
                .Where(row => day[row] == first + Split.TrainDays + Split.DelayDays + ahead && !known.Contains(rows.Cards[row]))
                .Select(row => Row(rows, row)));
        }

        return test;
    }
}
