using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Replay;
using FraudStreams.Storage;
using FraudStreams.Tests.Storage;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Replay;

/// <summary>The payments read back from a store; on PostgreSQL as well where it is available.</summary>
[Trait("Category", "Unit")]
public sealed class StoredRecordsTests(SharedPostgres postgres) : IDisposable, IClassFixture<SharedPostgres>
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stored_payments_are_read_in_time_order_with_their_original_values()
    {
        await using var store = Predictions.Open(_folder);

        await ComeBackAsync(store);
    }

    [PostgresFact]
    [Trait("needs", "PostgreSQL")]
    public async Task Stored_payments_are_read_from_PostgreSQL_as_from_SQLite()
    {
        await using var store = Predictions.Open(postgres.NewStore());

        await ComeBackAsync(store);
    }

    [Fact]
    public async Task A_store_has_no_other_topics()
    {
        await using var store = Predictions.Open(_folder);
        var records = new StoredRecords(store, 0, 1);

        Should.Throw<ArgumentException>(() => records.OpenReader(new TopicPartition(TopicNames.Alerts, 0), 0)).Message.ShouldContain("alerts");
        Should.Throw<ArgumentException>(() => records.OpenReader(new TopicPartition(TopicNames.Transactions, 1), 0));
    }

    static async Task ComeBackAsync(PredictionStore store)
    {
        string[] odd =
        [
            """{"id":"a","at":5000,"card":"4\"00,0","amount":0012.50,"name; DROP":"Zoë \u0001\n\\"}""".Replace("0012.50", "12.50"),
            """{"id":"b","at":"5000","card":"4000","amount":"7.10","people":"0042","fraud":1}""",
            """{"id":"c","at":4000,"card":"4000","amount":1e3,"people":null,"fraud":0}""",
            """{"id":"d","at":4000,"card":"4000","amount":123456789.0123456789,"name; DROP":""}""",
        ];
        var many = Enumerable.Range(0, 4_500).Select(number => $$"""{"id":"n{{number:0000}}","at":{{10_000 + (number * 7919 % 4_500 / 3)}},"card":"{{number % 9}}","amount":{{number}}.25}""");
        List<string> payments = [.. odd, .. many];
        await store.WriteAsync(Predictions.Records(payments.Select(payment => $"{payment[..^1]},\"score\":0.5,\"prediction\":1,\"model_version\":\"m1\",\"scored_at\":\"2026-01-02T03:04:05.678Z\"}}")));
        await store.WriteAsync([new Label("b", true, 9_000, "anna"), new Label("a", false, 8_000, "bo"), new Label("b", false, 8_500, "bo")]);
        using var expected = Rows(payments.Select(Encoding.UTF8.GetBytes));
        var order = Enumerable.Range(0, expected.Count).OrderBy(expected.EventTime).ThenBy(row => Encoding.UTF8.GetString(expected.Id(row)), StringComparer.Ordinal).ToList();

        var all = await ReadAsync(new StoredRecords(store, long.MinValue, long.MaxValue));
        var some = await ReadAsync(new StoredRecords(store, 4_001, 10_100));
        var labels = await new StoredRecords(store, 0, 0).OpenReader(new TopicPartition(TopicNames.Labels, 0), 0).NextAsync(wait: true, default);

        Values(Rows(all.Select(record => record.Value.ToArray()))).ShouldBe(order.Select(row => Values(expected, row)));
        all.Select(record => record.Offset).ShouldBe(Enumerable.Range(0, all.Count).Select(offset => (long)offset));
        all.Select(record => Encoding.UTF8.GetString(record.Key.Span)).ShouldBe(order.Select(row => Encoding.UTF8.GetString(expected.Key(row))));
        some.Count.ShouldBe(order.Count(row => expected.EventTime(row) is >= 4_001 and < 10_100));
        labels.Select(record => LabelOf(record).Id).ShouldBe(["a", "b", "b"]);
        LabelOf(labels[^1]).ShouldBe(new Label("b", true, 9_000, "anna"));
    }

    static async Task<List<TopicRecord>> ReadAsync(StoredRecords stored)
    {
        var records = new List<TopicRecord>();
        await foreach (var chunk in stored.ReadAsync(new TopicPartition(TopicNames.Transactions, 0), 0, long.MaxValue, default))
            records.AddRange(chunk);
        return records;
    }

    static TransactionRows Rows(IEnumerable<byte[]> records)
    {
        var reader = new TransactionReader(Predictions.Schema);
        var rows = new TransactionRows(Predictions.Schema);
        foreach (var record in records)
            reader.Read(record, rows).ShouldBeNull(Encoding.UTF8.GetString(record));
        return rows;
    }

    static IEnumerable<string> Values(TransactionRows rows)
    {
        using (rows)
            return [.. Enumerable.Range(0, rows.Count).Select(row => Values(rows, row))];
    }

    /// <summary>Every cell, with its original characters.</summary>
    static string Values(TransactionRows rows, int row) => string.Join('|', Enumerable.Range(0, Predictions.Schema.Fields.Length).Select(field =>
        rows.IsMissing(row, field) ? "-" : $"{BitConverter.DoubleToInt64Bits(rows.Number(row, field))} {Encoding.UTF8.GetString(rows.Written(row, field))}"));

    static Label LabelOf(TopicRecord record) => LabelReader.TryRead(record.Value.Span, out var label, out var reason) ? label : throw new InvalidOperationException(reason.Message);
}
