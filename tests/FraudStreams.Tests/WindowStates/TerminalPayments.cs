using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;
using FraudStreams.WindowStates;
using Shouldly;

namespace FraudStreams.Tests.WindowStates;

/// <summary>A payment of the Handbook's schema.</summary>
/// <param name="Fraud">The true label; whether the record carries it is up to the test.</param>
sealed record TerminalPayment(string Id, DateTime Time, string Card, string Terminal, double Amount, bool Fraud)
{
    public const string CsvHeader = "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT";

    public long Milliseconds => new DateTimeOffset(Time).ToUnixTimeMilliseconds();

    public string CsvRow => string.Create(CultureInfo.InvariantCulture, $"{Id},{Time:yyyy-MM-dd HH:mm:ss},{Card},{Terminal},{Amount}");

    public byte[] Json(bool labelled) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"TRANSACTION_ID":"{{Id}}","TX_DATETIME":"{{Time:yyyy-MM-dd HH:mm:ss}}","CUSTOMER_ID":"{{Card}}","TERMINAL_ID":"{{Terminal}}","TX_AMOUNT":{{Amount}}{{(labelled ? $",\"TX_FRAUD\":{(Fraud ? 1 : 0)}" : "")}}}"""));
}

/// <summary>Payments at terminals, which cards of all partitions share, in topics of their own.</summary>
static class TerminalPayments
{
    public const int MaxRecordBytes = 4096;

    public static TransactionSchema Schema { get; } = SchemaFile.Read("handbook");

    /// <summary>Ninety days of a few cards and terminals, in the order of time.</summary>
    public static List<TerminalPayment> Make(int seed, int rows = 6_000, int terminals = 40)
    {
        var random = new Random(seed);
        var time = new DateTime(2018, 4, 1, 0, 0, 0, DateTimeKind.Utc);
        return
        [
            .. Enumerable.Range(0, rows).Select(number =>
            {
                time = time.AddSeconds(random.Next(0, 90 * 86_400 * 2 / rows));
                var card = $"{random.Next(60)}";
                return new TerminalPayment($"{number}", time, card, $"{random.Next(terminals)}", random.Next(100, 99999) / 100.0, random.Next(20) == 0);
            }),
        ];
    }

    /// <param name="labelled">Whether each payment's own record carries its true label.</param>
    public static async Task<EmbeddedMessageLog> TopicsWithAsync(
        string folder, int partitions, IEnumerable<TerminalPayment> payments, bool labelled, IEnumerable<Label>? labels = null)
    {
        var settings = new EmbeddedLogSettings(
            folder, ImmutableSortedDictionary<string, int>.Empty.Add(TopicNames.Transactions, partitions).Add(TopicNames.Labels, 1));
        var topics = EmbeddedMessageLog.Open(settings, TimeProvider.System, _ => { });
        await PublishAsync(topics, payments, (records, payment) => records.Add(TopicNames.Transactions, Encoding.UTF8.GetBytes(payment.Card), payment.Json(labelled)));
        await PublishAsync(topics, labels ?? [], Add);
        return topics;
    }

    public static Task PublishAsync(IMessageLog topics, IEnumerable<Label> labels) => PublishAsync(topics, labels, Add);

    static async Task PublishAsync<T>(IMessageLog topics, IEnumerable<T> all, Action<RecordBatch, T> add)
    {
        foreach (var batch in all.Chunk(1000))
        {
            var records = new RecordBatch(batch.Length);
            foreach (var one in batch)
                add(records, one);
            await topics.PublishAsync(records, default);
        }
    }

    static void Add(RecordBatch records, Label label) =>
        records.Add(TopicNames.Labels, Encoding.UTF8.GetBytes(label.Id), label, static (into, label) => label.Write(into));

    /// <summary>The window values of a partition's payments from an offset on.</summary>
    public static async IAsyncEnumerable<(string Id, double[] Values)> ValuesAsync(IMessageLog topics, PaymentWindows windows, int number, long from, int batch)
    {
        var reader = new TransactionReader(Schema);
        using var rows = new TransactionRows(Schema);
        await foreach (var chunk in topics.ReadAsync(new TopicPartition(TopicNames.Transactions, number), from, long.MaxValue, default))
        {
            foreach (var part in chunk.Chunk(batch))
            {
                foreach (var record in part)
                    reader.Read(record.Value.Span, rows).ShouldBeNull();
                await windows.AdvanceAsync(rows, default);
                for (var row = 0; row < rows.Count; row++)
                    yield return (Encoding.UTF8.GetString(rows.Id(row)), ValuesOf(rows, row));
                rows.Clear();
            }
        }
    }

    public static double[] ValuesOf(TransactionRows rows, int row) => [.. Enumerable.Range(0, Schema.WindowFeatures.Length).Select(window => rows.WindowValue(row, window))];
}
