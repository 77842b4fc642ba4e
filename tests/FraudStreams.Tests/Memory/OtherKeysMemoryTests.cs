using System.Collections.Immutable;
using System.Text;
using FraudStreams.Ingest;
using FraudStreams.Memory;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.Settings;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Memory;

/// <summary>Windows by the terminal, which payments of every partition share, on the Handbook's features.</summary>
public sealed class OtherKeysMemoryTests : IDisposable
{
    const int Partitions = 4;
    const int Rows = 6_000;
    const int MaxRecordBytes = 4096;

    static readonly TransactionSchema Schema = SchemaFile.Read("handbook");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(500)]
    [InlineData(37)]
    public async Task Whichever_partition_is_ahead_every_payment_has_the_values_that_one_partition_gives(int batch)
    {
        var payments = Payments(seed: 7);
        var expected = OnePartition(payments);
        await using var topics = await TopicsWithAsync(payments);

        // The last partition runs to its end before the first has begun, as on another host.
        for (var number = Partitions - 1; number >= 0; number--)
        {
            await using var windows = PaymentMemory.Empty(topics, Schema, Partitions, MaxRecordBytes);
            await foreach (var (id, values) in ValuesAsync(topics, windows, number, from: 0, batch))
                values.ShouldBe(expected[id], id);
        }
    }

    [Fact]
    public async Task What_was_written_goes_on_with_the_same_values()
    {
        var payments = Payments(seed: 8);
        var expected = OnePartition(payments);
        await using var topics = await TopicsWithAsync(payments);
        await using var before = PaymentMemory.Empty(topics, Schema, Partitions, MaxRecordBytes);
        var (read, own, others) = (0, new MemoryStream(), new MemoryStream());
        await foreach (var _ in ValuesAsync(topics, before, 1, from: 0, batch: 64))
        {
            // The end of a batch.
            if (++read == 640)
                break;
        }

        before.Own.Write(own, []);
        before.Others!.Write(others);
        (own.Position, others.Position) = (0, 0);
        await using var after = new PaymentMemory(
            WindowState.Read(own, Schema, out _, WindowScope.OfCard), OtherKeysMemory.Read(others, topics, Schema, Partitions, MaxRecordBytes));
        await foreach (var (id, values) in ValuesAsync(topics, after, 1, from: read, batch: 64))
            values.ShouldBe(expected[id], id);

        others.Position = 0;
        Should.Throw<WindowSnapshotException>(() => OtherKeysMemory.Read(others, topics, Schema, Partitions + 1, MaxRecordBytes)).Message.ShouldContain("4 partitions, not 5");
    }

    [Fact]
    public void A_window_by_the_terminal_without_a_delay_is_refused_where_there_are_several_partitions()
    {
        var schema = SchemaFile.Read(Write("""{ name = now, window = count, by = TERMINAL_ID, over = 1d }"""));

        FeatureMemory.CheckDelays(schema, partitions: 1);
        var refusal = Should.Throw<SettingsException>(() => FeatureMemory.CheckDelays(schema, partitions: 2));

        refusal.Message.ShouldContain("feature now of schema handbook is a window by TERMINAL_ID without a delay");
    }

    string Write(string feature)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "schemas", "handbook.conf"));
        var path = Path.Combine(_folder, "now.conf");
        File.WriteAllText(path, text[..text.IndexOf("features = [", StringComparison.Ordinal)] + $"features = [ {feature} ]");
        return path;
    }

    async Task<EmbeddedTopics> TopicsWithAsync(List<(string Card, string Json)> payments)
    {
        var settings = new EmbeddedTopicsSettings(_folder, ImmutableSortedDictionary<string, int>.Empty.Add(Topic.Transactions, Partitions));
        var topics = EmbeddedTopics.Open(settings, TimeProvider.System, _ => { });
        foreach (var batch in payments.Chunk(1000))
        {
            var records = new OutgoingRecords(batch.Length);
            foreach (var (card, json) in batch)
                records.Add(Topic.Transactions, Encoding.UTF8.GetBytes(card), Encoding.UTF8.GetBytes(json));
            await topics.PublishAsync(records, default);
        }

        return topics;
    }

    static async IAsyncEnumerable<(string Id, double[] Values)> ValuesAsync(ITopics topics, PaymentMemory windows, int number, long from, int batch)
    {
        var reader = new TransactionReader(Schema);
        using var rows = new TransactionRows(Schema);
        await foreach (var chunk in topics.ReadAsync(new TopicPartition(Topic.Transactions, number), from, long.MaxValue, default))
        {
            foreach (var part in chunk.Chunk(batch))
            {
                foreach (var record in part)
                    reader.TryRead(record.Value.Span, rows).ShouldBeNull();
                await windows.AdvanceAsync(rows, default);
                for (var row = 0; row < rows.Count; row++)
                    yield return (Encoding.UTF8.GetString(rows.Id(row)), ValuesOf(rows, row));
                rows.Clear();
            }
        }
    }

    static Dictionary<string, double[]> OnePartition(List<(string Card, string Json)> payments)
    {
        var reader = new TransactionReader(Schema);
        using var rows = new TransactionRows(Schema);
        foreach (var (_, json) in payments)
            reader.TryRead(Encoding.UTF8.GetBytes(json), rows).ShouldBeNull();
        new WindowState(Schema).Advance(rows);
        return Enumerable.Range(0, rows.Count).ToDictionary(row => Encoding.UTF8.GetString(rows.Id(row)), row => ValuesOf(rows, row));
    }

    static double[] ValuesOf(TransactionRows rows, int row) => [.. Enumerable.Range(0, Schema.WindowFeatures.Length).Select(window => rows.WindowValue(row, window))];

    /// <summary>Ninety days of a few cards and terminals, in the order of time.</summary>
    static List<(string Card, string Json)> Payments(int seed)
    {
        var random = new Random(seed);
        var time = new DateTime(2018, 4, 1, 0, 0, 0, DateTimeKind.Utc);
        return
        [
            .. Enumerable.Range(0, Rows).Select(number =>
            {
                time = time.AddSeconds(random.Next(0, 2600));
                var card = $"{random.Next(60)}";
                return (card, $$"""{"TRANSACTION_ID":"{{number}}","TX_DATETIME":"{{time:yyyy-MM-dd HH:mm:ss}}","CUSTOMER_ID":"{{card}}","TERMINAL_ID":"{{random.Next(40)}}","TX_AMOUNT":{{random.Next(100, 99999) / 100.0}},"TX_FRAUD":{{(random.Next(20) == 0 ? 1 : 0)}}}""");
            }),
        ];
    }
}
