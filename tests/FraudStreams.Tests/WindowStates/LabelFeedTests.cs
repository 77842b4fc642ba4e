using System.Text;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.WindowStates;
using Shouldly;
using Xunit;
using static FraudStreams.Tests.WindowStates.TerminalPayments;

namespace FraudStreams.Tests.WindowStates;

/// <summary>Shares of labelled fraud at terminals, with labels from topic `labels` and none in the payments themselves.</summary>
[Trait("Category", "Unit")]
public sealed class LabelFeedTests : IDisposable
{
    const long Day = 24L * 60 * 60 * 1000;
    const int Rows = 4_000;

    static readonly (int At, TimeSpan Over, TimeSpan Delay)[] Risks =
        [.. Schema.WindowFeatures.Select((window, at) => (window, at)).Where(w => w.window.Kind == WindowKind.FraudShare).Select(w => (w.at, w.window.Over, w.window.Delay))];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 500)]
    [InlineData(1, 13)]
    [InlineData(4, 100)]
    public async Task Every_payment_counts_the_labels_known_at_its_time(int partitions, int batch)
    {
        var (payments, labels) = Logs(seed: 3);
        await using var topics = await TopicsWithAsync(_folder, partitions, payments, labelled: false, labels);
        var expected = Expected(payments, labels);
        var compared = 0;

        for (var number = 0; number < partitions; number++)
        {
            await using var windows = PaymentWindows.Empty(topics, Schema, partitions, MaxRecordBytes);
            await foreach (var (id, values) in ValuesAsync(topics, windows, number, from: 0, batch))
            {
                RisksOf(values).ShouldBe(expected[id], id);
                compared++;
            }
        }

        compared.ShouldBe(Rows);
        expected.Values.Count(risks => risks.Any(risk => risk > 0)).ShouldBeGreaterThan(Rows / 3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_377)]
    [InlineData(2_600)]
    public async Task A_restored_state_continues_with_the_same_labels(int at)
    {
        var (payments, labels) = Logs(seed: 4);
        await using var topics = await TopicsWithAsync(_folder, 1, payments, labelled: false, labels);
        await using var whole = PaymentWindows.Empty(topics, Schema, 1, MaxRecordBytes);
        var (undisturbed, read, snapshot) = (new List<double[]>(), 0, new MemoryStream());
        if (at == 0)
            whole.Write(snapshot, 0);
        await foreach (var (_, values) in ValuesAsync(topics, whole, 0, from: 0, batch: 1))
        {
            undisturbed.Add(values);
            if (++read == at)
                whole.Write(snapshot, read);
        }

        snapshot.Position = 0;
        var (restored, offset) = PaymentWindows.Read(snapshot, topics, Schema, WindowScope.All);
        await using var disposed = restored;
        var after = new List<double[]>();
        await foreach (var (_, values) in ValuesAsync(topics, restored, 0, offset, batch: 64))
            after.Add(values);

        offset.ShouldBe(at);
        Bits(after).ShouldBe(Bits(undisturbed.Skip(at)));
    }

    [Fact]
    public async Task Restored_cross_partition_windows_continue_with_the_same_labels()
    {
        var (payments, labels) = Logs(seed: 5);
        await using var topics = await TopicsWithAsync(_folder, 4, payments, labelled: false, labels);
        var expected = Expected(payments, labels);
        await using var before = PaymentWindows.Empty(topics, Schema, 4, MaxRecordBytes);
        var (read, own, others) = (0, new MemoryStream(), new MemoryStream());
        await foreach (var _ in ValuesAsync(topics, before, 2, from: 0, batch: 50))
        {
            if (++read == 500)
                break;
        }

        before.Write(own, read);
        before.Others!.Write(others);
        (own.Position, others.Position) = (0, 0);

        await using var after = PaymentWindows.Read(own, topics, Schema, WindowScope.OfCard).Windows;
        after.Others = CrossPartitionWindowState.Read(others, topics, Schema, 4, MaxRecordBytes);
        await foreach (var (id, values) in ValuesAsync(topics, after, 2, from: read, batch: 50))
            RisksOf(values).ShouldBe(expected[id], id);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_late_label_counts_for_later_payments_only_if_labels_are_followed(bool follow, double risk)
    {
        var payments = Make(seed: 6, rows: 100, terminals: 1);
        await using var topics = await TopicsWithAsync(_folder, 1, payments, labelled: false);
        await using var windows = new PaymentWindows(topics, new WindowState(Schema), follow: follow);
        var risks = new List<double>();

        await foreach (var (_, values) in ValuesAsync(topics, windows, 0, from: 0, batch: 20))
        {
            risks.Add(RisksOf(values)[^1]);
            if (risks.Count == 60)
                await PublishAsync(topics, payments.Select(payment => new Label(payment.Id, true, payment.Milliseconds, "later")));
        }

        risks.Take(60).ShouldAllBe(of => of == 0);
        risks.Skip(60).ShouldAllBe(of => of == risk);
    }

    [Fact]
    public async Task Without_windows_over_labels_no_label_is_read()
    {
        await using var topics = await TopicsWithAsync(_folder, 1, [], labelled: false);

        LabelFeed.Open(topics, new WindowState(Schema, WindowScope.OfCard), 0, follow: true).ShouldBeNull();
    }

    /// <summary>
    /// Some labels in time, some late, some immediate, some twice with different values, some for unknown payments, some with a wrong clock; roughly in the
    /// order of confirmation.
    /// </summary>
    static (List<TerminalPayment> Payments, List<Label> Labels) Logs(int seed)
    {
        var payments = Make(seed, Rows, terminals: 25);
        var random = new Random(seed);
        var labels = new List<Label>();
        foreach (var payment in payments)
        {
            if (random.Next(4) > 0)
                labels.Add(new Label(payment.Id, random.Next(3) == 0, payment.Milliseconds + (random.Next(3) switch { 0 => 0, 1 => 7 * Day, _ => random.NextInt64(20 * Day) }), "team"));
            if (random.Next(10) == 0)
                labels.Add(new Label(payment.Id, random.Next(2) == 0, payment.Milliseconds + random.NextInt64(40 * Day), "appeal"));
            if (random.Next(10) == 0)
                labels.Add(new Label($"nobody {payment.Id}", true, payment.Milliseconds, "team"));
            if (random.Next(50) == 0)
                labels.Add(new Label(payment.Id, true, payment.Milliseconds + (4_000 * Day), "wrong clock"));
        }

        // A wrong clock: years ahead of the payment's time.
        return (payments, [.. labels.OrderBy(label => label.ConfirmedAt > 1_600_000_000_000 ? label.ConfirmedAt - (4_000 * Day) : label.ConfirmedAt).Chunk(8).SelectMany(chunk => chunk.Reverse())]);
    }

    /// <summary>For each payment by its id the shares, from all payments and all labels.</summary>
    static Dictionary<string, double[]> Expected(List<TerminalPayment> payments, List<Label> labels)
    {
        var labelsOf = labels.ToLookup(label => label.Id);
        var atTerminal = payments.ToLookup(payment => payment.Terminal);
        return payments.ToDictionary(payment => payment.Id, payment => Risks.Select(risk =>
        {
            var end = payment.Time - risk.Delay;
            var seen = atTerminal[payment.Terminal].Where(other => other.Time <= end && other.Time > end - risk.Over).ToList();
            return seen.Count == 0 ? 0 : (double)seen.Count(other => IsFraud(other, payment)) / seen.Count;
        }).ToArray());

        bool IsFraud(TerminalPayment other, TerminalPayment payment)
        {
            var known = labelsOf[other.Id].Where(label => label.ConfirmedAt <= payment.Milliseconds).ToList();
            return known.Count > 0 && known.Last(label => label.ConfirmedAt == known.Max(l => l.ConfirmedAt)).Fraud;
        }
    }

    static double[] RisksOf(double[] values) => [.. Risks.Select(risk => values[risk.At])];

    static IEnumerable<long> Bits(IEnumerable<double[]> values) => values.SelectMany(row => row.Select(BitConverter.DoubleToInt64Bits));
}
