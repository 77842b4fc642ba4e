using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;

namespace FraudStreams.Tests.Storage;

/// <summary>A small schema, and records of `predictions` in it.</summary>
static class Predictions
{
    public static TransactionSchema Schema { get; } = SchemaWith(new SchemaField("name; DROP", FieldType.Text) { Optional = true });

    public static PredictionStore Open(string folder) => Open(new SqliteStoreSettings(folder));

    public static PredictionStore Open(SqliteStoreSettings settings, TransactionSchema? schema = null) =>
        PredictionStore.Open(settings, schema ?? Schema, TimeProvider.System);

    public static PredictionStore Open(PostgresStoreSettings settings, TransactionSchema? schema = null) =>
        PredictionStore.Open(settings, schema ?? Schema, TimeProvider.System);

    /// <summary>The rows of a store in a folder, with their columns separated by |.</summary>
    public static List<string> Rows(string folder, string sql)
    {
        using var file = SqliteFile.Open(Path.Combine(folder, "fraudstreams.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = file.Query(sql);
        var found = new List<string>();
        while (rows.Step()) found.Add(string.Join('|', Enumerable.Range(0, rows.Columns).Select(column => Shown(rows, column))));
        return found;

        // SQLite's own conversion of a number to text has fifteen digits only.
        static string Shown(SqliteStatement rows, int column) =>
            rows.IsNull(column) ? "null"
            : rows.Text(column) is var text && text.Contains('.') && double.TryParse(text, out _) ? rows.Double(column).ToString()
            : text;
    }

    public static TransactionSchema SchemaWith(params SchemaField[] further) => TransactionSchema.Create(new SchemaDraft(
        "small",
        [
            new("id", FieldType.Text), new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] },
            new("card", FieldType.Text) { Secret = true }, new("amount", FieldType.Number), new("people", FieldType.Integer) { Optional = true },
            new("fraud", FieldType.Integer) { Optional = true },
            .. further,
        ],
        new SchemaRoles("id", "at", "amount") { Card = "card", Label = "fraud" })
    {
        Features = [new NumberFeature("amount", "amount")],
    });

    public static string Json(string id, double score = 0.25, string version = "m1", string more = "") =>
        $$"""{"id":"{{id}}","at":1577934245678,"card":"4000","amount":12.5,"people":7{{more}},"score":{{score}},"prediction":{{(score > 0.5 ? 1 : 0)}},"model_version":"{{version}}","scored_at":"2026-01-02T03:04:05.678Z"}""";

    public static IReadOnlyList<TopicRecord> Records(params IEnumerable<string> values) => [.. values.Select((value, offset) =>
        new TopicRecord(new TopicPartition("predictions", 0), offset, Encoding.UTF8.GetBytes("4000"), Encoding.UTF8.GetBytes(value), 0))];
}
