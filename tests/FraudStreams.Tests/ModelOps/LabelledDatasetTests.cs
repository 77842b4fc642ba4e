using System.Globalization;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.ModelOps;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.ModelOps;

[Trait("Category", "Unit")]
public sealed class LabelledDatasetTests : IDisposable
{
    const int Payments = 3_000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_in_any_order_is_read_in_the_order_of_event_time()
    {
        var sorted = Histories.Read(Histories.Csv(_folder, Payments)).ShouldNotBeNull();

        var shuffled = Histories.Read(Histories.Csv(_folder, Payments, rows => rows.OrderBy(row => long.Parse(row[19], CultureInfo.InvariantCulture) % 7))).ShouldNotBeNull();

        shuffled.Times.ShouldBe(sorted.Times);
        shuffled.Times.ShouldBeInOrder();
        shuffled.Times[0].ShouldBeLessThan(shuffled.Times[^1]);
        RowsOf(shuffled).ShouldBe(RowsOf(sorted));
    }

    [Fact]
    public void Equal_times_keep_the_order_of_the_file()
    {
        var time = 1_735_700_000;

        var rows = Histories.Read(Histories.Csv(_folder, 100, payments => payments.Select((cells, at) =>
            At(cells, at == 0 ? time + 1 : time, amount: at)))).ShouldNotBeNull();

        var amounts = rows.Set.Values.ToArray().Chunk(TrainedModel.Loaded.Features.Count).Select(row => row[0]);
        amounts.ShouldBe([.. Enumerable.Range(1, 99).Select(amount => (double)amount), 0]);
    }

    [Fact]
    public void Unlabelled_rows_are_left_out_and_unreadable_ones_reported()
    {
        var reasons = new List<RejectReason>();
        var history = Histories.Csv(_folder, 300, rows => rows.Unlabelled(row => row % 3 == 0).Select((cells, row) => row == 100 ? cells[..5] : cells));

        var rows = LabelledDataset.Read(history, TrainedModel.Loaded.Features, new WindowState(history.Schema), _ => { }, reasons.Add, default).ShouldNotBeNull();

        rows.Count.ShouldBe(199);
        rows.Set.Labels.Length.ShouldBe(199);
        rows.Set.Values.Length.ShouldBe(199 * TrainedModel.Loaded.Features.Count);
        rows.Cards.Length.ShouldBe(199);
        reasons.ShouldHaveSingleItem().Code.ShouldBe(RejectCodes.ColumnCount);
    }

    [Fact]
    public void Without_any_label_there_are_no_rows() =>
        Histories.Read(Histories.Csv(_folder, 50, rows => rows.Unlabelled(_ => true))).ShouldBeNull();

    [Fact]
    public void Each_card_has_one_number()
    {
        var rows = Histories.Read(Histories.Csv(_folder, 20, payments => payments.Select((cells, at) => At(cells, 1_735_700_000 + at, at, card: $"40000000000000{at % 4:00}"))))
            .ShouldNotBeNull();

        rows.Cards.Select((card, at) => (card, at % 4)).Distinct().Count().ShouldBe(4);
        rows.Cards.Distinct().Count().ShouldBe(4);
    }

    /// <summary>Time, label, and features of each row; rows of equal time in an order that does not depend on the file.</summary>
    static IEnumerable<string> RowsOf(LabelledDataset rows) => rows.Set.Values.ToArray().Chunk(TrainedModel.Loaded.Features.Count)
        .Select((features, row) => (Time: rows.Times[row], Text: $"{rows.Set.Labels.Span[row]} {string.Join(' ', features)}"))
        .OrderBy(row => row.Time).ThenBy(row => row.Text, StringComparer.Ordinal).Select(row => $"{row.Time} {row.Text}");

    /// <summary>Columns as in PaymentWriter.CsvHeader.</summary>
    static string[] At(string[] cells, long unixTime, int amount, string? card = null)
    {
        var changed = (string[])cells.Clone();
        (changed[5], changed[19]) = ($"{amount}", $"{unixTime}");
        changed[2] = card ?? changed[2];
        return changed;
    }
}
