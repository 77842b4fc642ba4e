using System.Text;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.WindowStates;
using Shouldly;
using Xunit;
using static FraudStreams.Tests.WindowStates.TerminalPayments;

namespace FraudStreams.Tests.WindowStates;

/// <summary>Windows by the terminal, which payments of every partition share, on the Handbook's features.</summary>
[Trait("Category", "Unit")]
public sealed class CrossPartitionWindowStateTests : IDisposable
{
    const int Partitions = 4;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(500)]
    [InlineData(37)]
    public async Task Values_equal_those_of_one_partition_whichever_partition_is_ahead(int batch)
    {
        var payments = Make(seed: 7);
        var expected = OnePartition(payments);
        await using var topics = await TopicsWithAsync(_folder, Partitions, payments, labelled: true);

        // The last partition is processed to its end before the first has started, as on another host.
        for (var number = Partitions - 1; number >= 0; number--)
        {
            await using var windows = PaymentWindows.Empty(topics, Schema, Partitions, MaxRecordBytes);
            await foreach (var (id, values) in ValuesAsync(topics, windows, number, from: 0, batch))
                values.ShouldBe(expected[id], id);
        }
    }

    [Fact]
    public async Task A_restored_state_continues_with_the_same_values()
    {
        var payments = Make(seed: 8);
        var expected = OnePartition(payments);
        await using var topics = await TopicsWithAsync(_folder, Partitions, payments, labelled: true);
        await using var before = PaymentWindows.Empty(topics, Schema, Partitions, MaxRecordBytes);
        var (read, own, others) = (0, new MemoryStream(), new MemoryStream());
        await foreach (var _ in ValuesAsync(topics, before, 1, from: 0, batch: 64))
        {
            // The end of a batch.
            if (++read == 640)
                break;
        }

        before.Write(own, read);
        before.Others!.Write(others);
        (own.Position, others.Position) = (0, 0);
        await using var after = PaymentWindows.Read(own, topics, Schema, WindowScope.OfCard).Windows;
        after.Others = CrossPartitionWindowState.Read(others, topics, Schema, Partitions, MaxRecordBytes);
        await foreach (var (id, values) in ValuesAsync(topics, after, 1, from: read, batch: 64))
            values.ShouldBe(expected[id], id);

        others.Position = 0;
        Should.Throw<WindowSnapshotException>(() => CrossPartitionWindowState.Read(others, topics, Schema, Partitions + 1, MaxRecordBytes)).Message.ShouldContain("4 partitions, not 5");
    }

    static Dictionary<string, double[]> OnePartition(List<TerminalPayment> payments)
    {
        var reader = new TransactionReader(Schema);
        using var rows = new TransactionRows(Schema);
        foreach (var payment in payments)
            reader.Read(payment.Json(labelled: true), rows).ShouldBeNull();
        new WindowState(Schema).Advance(rows);
        return Enumerable.Range(0, rows.Count).ToDictionary(row => Encoding.UTF8.GetString(rows.Id(row)), row => ValuesOf(rows, row));
    }
}
