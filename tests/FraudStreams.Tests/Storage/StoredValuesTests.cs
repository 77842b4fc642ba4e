using System.Globalization;
using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Replay;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

/// <summary>What is read back from a store is what was written to it, to the bit and the character; on PostgreSQL as well where it is available.</summary>
[Trait("Category", "Unit")]
public sealed class StoredValuesTests(SharedPostgres postgres) : IDisposable, IClassFixture<SharedPostgres>
{
    static readonly TransactionSchema Schema = Predictions.SchemaWith(
        new SchemaField("iso", FieldType.Time) { Optional = true, TimeFormats = [TimeFormat.Iso8601] },
        new SchemaField("seconds", FieldType.Time) { Optional = true, TimeFormats = [TimeFormat.UnixSeconds] },
        new SchemaField("day", FieldType.Time) { Optional = true, TimeFormats = [TimeFormat.Date] },
        new SchemaField("share", FieldType.Number) { Optional = true },
        new SchemaField("note", FieldType.Text) { Optional = true });

    static readonly string[] Values =
    [
        .. Of("share", "0", "-0", "-0.0", "-0e5", "0.1", "1e-323", "4.9406564584124654E-324", "2.2250738585072014E-308", "1.7976931348623157e308",
            "-1.7976931348623157E+308", "9007199254740993", "0.30000000000000004", "123456789012345678901234567890", "1E5", "100000", "1e21", "5e-7", "1.0",
            "9223372036854775807", "\"7.10\"", "\"-0\""),
        .. Of("people", "9223372036854775807", "-9223372036854775808", "0", "-0", "9007199254740993", "\"0042\""),
        .. Of("iso", "\"1800-01-01T00:00:00Z\"", "\"2199-12-31T23:59:59.999Z\"", "\"1969-12-31T23:59:59.001Z\"", "\"2020-02-29T12:00:00.123456789Z\"",
            "\"2020-06-30T23:59:59+05:30\""),
        .. Of("seconds", "0", "-1", "-0.001", "1577934245.678", "1577934245.6789", "\"1577934245\""),
        .. Of("day", "\"1800-01-01\"", "\"1969-12-31\"", "\"2199-12-31\""),
        .. Of("note", "\"Zoë 😀 \u202e\ufeff\uffff\"", "\"\\u0001\\t\\r\\n\\\"\\\\\"", "\" \"", "\"null\"", "\"'; DROP TABLE transactions; --\"", "\"\\ud83d\\ude00\"",
            $"\"{new string('é', 100_000)}\""),
    ];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nasty_values_come_back_from_SQLite_to_the_bit()
    {
        await using var store = Predictions.Open(new SqliteStoreSettings(_folder), Schema);

        await ComeBackAsync(store, [.. Values, .. Of("note", "\"a\\u0000b\"", "\"\\u0000\"")]);
    }

    [PostgresFact]
    [Trait("needs", "PostgreSQL")]
    public async Task Nasty_values_come_back_from_PostgreSQL_to_the_bit()
    {
        await using var store = Predictions.Open(postgres.NewStore(), Schema);

        await ComeBackAsync(store, Values);
    }

    [PostgresFact]
    [Trait("needs", "PostgreSQL")]
    public async Task A_text_with_a_null_character_is_refused_by_PostgreSQL_with_its_field()
    {
        await using var store = Predictions.Open(postgres.NewStore(), Schema);

        var stored = await store.WriteAsync(Predictions.Records(Scored(Payment("\"a\\u0000b\"", Of("share", "1")[0])), Scored(Payment("\"b\"", Of("note", "\"\\u0000\"")[0]))));

        stored.Stored.ShouldBe(0);
        stored.Unreadable.Select(bad => bad.Reason.Code).ShouldBe([RejectCodes.NotStorable, RejectCodes.NotStorable]);
        stored.Unreadable[1].Reason.Message.ShouldStartWith("note: has the character U+0000");
    }

    /// <summary>More payments of one moment than are read at once, which ids that begin alike have to order.</summary>
    [Fact]
    public async Task Ids_with_a_null_character_are_read_once_each_from_SQLite()
    {
        const int payments = 4_100;
        await using var store = Predictions.Open(new SqliteStoreSettings(_folder), Schema);
        await store.WriteAsync(Predictions.Records(Enumerable.Range(0, payments).Select(number => Scored(Payment($"\"x\\u0000{number:0000}\"", Of("share", "1")[0])))));

        var read = await ReadAsync(store, most: 2 * payments);

        read.Count.ShouldBe(payments);
    }

    [Fact]
    public async Task Scores_are_stored_to_the_bit_in_SQLite()
    {
        await using var store = Predictions.Open(_folder);
        await ShouldKeepScoresAsync(store, sql => Predictions.Rows(_folder, sql));
    }

    [PostgresFact]
    [Trait("needs", "PostgreSQL")]
    public async Task Scores_are_stored_to_the_bit_in_PostgreSQL()
    {
        var settings = postgres.NewStore();
        await using var store = Predictions.Open(settings);
        await ShouldKeepScoresAsync(store, sql => PostgresServer.Rows(settings, sql));
    }

    static async Task ShouldKeepScoresAsync(PredictionStore store, Func<string, List<string>> rows)
    {
        double[] scores = [0.1, 0.1 + 0.2, Math.BitDecrement(1.0), Math.BitIncrement(0.5), 1 / 3.0];
        await store.WriteAsync(Predictions.Records(scores.Select((score, number) => Predictions.Json($"t{number}", score))));

        rows("SELECT score FROM transactions ORDER BY id").Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ShouldBe(scores);
    }

    static async Task ComeBackAsync(PredictionStore store, string[] values)
    {
        List<string> payments = [.. values.Select((value, number) => Payment($"\"t{number:000}\"", value))];
        (await store.WriteAsync(Predictions.Records(payments.Select(Scored)))).Stored.ShouldBe(payments.Count);

        var read = await ReadAsync(store, most: 2 * payments.Count);

        Cells(read.Select(record => record.Value.ToArray())).ShouldBe(Cells(payments.Select(Encoding.UTF8.GetBytes)));
    }

    static string[] Of(string field, params string[] values) => [.. values.Select(value => $"\"{field}\":{value}")];

    static string Payment(string id, string value) => $$"""{"id":{{id}},"at":1577934245678,"card":"4000","amount":1,{{value}}}""";

    static string Scored(string payment) => $"{payment[..^1]},\"score\":0.5,\"prediction\":1,\"model_version\":\"m1\",\"scored_at\":\"2026-01-02T03:04:05.678Z\"}}";

    static async Task<List<TopicRecord>> ReadAsync(PredictionStore store, int most)
    {
        var records = new List<TopicRecord>();
        await foreach (var chunk in new StoredRecords(store, long.MinValue, long.MaxValue).ReadAsync(new TopicPartition(TopicNames.Transactions, 0), 0, long.MaxValue, default))
        {
            records.AddRange(chunk);
            records.Count.ShouldBeLessThanOrEqualTo(most);
        }

        return records;
    }

    /// <summary>Every cell's bits and original characters.</summary>
    static List<string> Cells(IEnumerable<byte[]> records)
    {
        var reader = new TransactionReader(Schema);
        using var rows = new TransactionRows(Schema);
        foreach (var record in records)
            reader.Read(record, rows).ShouldBeNull(Encoding.UTF8.GetString(record));
        return [.. Enumerable.Range(0, rows.Count).Select(row => string.Join('|', Enumerable.Range(0, Schema.Fields.Length).Select(field =>
            rows.IsMissing(row, field) ? "-" : $"{rows.Integer(row, field)} {BitConverter.DoubleToInt64Bits(rows.Number(row, field))} {Encoding.UTF8.GetString(rows.Written(row, field))}")))];
    }
}
