using System.Collections.Immutable;
using System.Diagnostics;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Storage.Sqlite;
using Npgsql;

namespace FraudStreams.Bench;

/// <summary>
/// The store alone: predictions (JSON lines of schema `cards`) written in durable batches of 4,000, with all indexes; then all of them again, as after
/// a crash. On SQLite or PostgreSQL. <c>… -- store predictions.ndjson [folder | "Host=…;Username=…;Password=…"]</c>
/// </summary>
static class StoreBench
{
    const int BatchRecords = 4000;

    /// <param name="input">The file of predictions.</param>
    /// <param name="rest">A folder for the SQLite file, or a PostgreSQL connection string with its password.</param>
    public static async Task RunAsync(string input, string[] rest)
    {
        var batches = Batches(await File.ReadAllBytesAsync(input));
        foreach (var durability in new[] { Durability.Full, Durability.Normal })
        {
            if (rest is [var connection] && connection.Contains('='))
                await PostgresAsync(connection, durability, batches);
            else
                await SqliteAsync(rest is [var folder] ? folder : Path.Combine(Path.GetTempPath(), $"fraudstreams-bench-{Environment.ProcessId}"), durability, batches);
        }
    }

    static async Task SqliteAsync(string folder, Durability durability, List<TopicRecord[]> batches)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        await TwiceAsync(PredictionStore.Open(new SqliteStoreSettings(folder) { Durability = durability }, Cards(), TimeProvider.System), batches, $"SQLite {durability}");
        Console.WriteLine($"file {new FileInfo(Path.Combine(folder, "fraudstreams.db")).Length / 1e6:N0} MB");
        Directory.Delete(folder, recursive: true);
    }

    static async Task PostgresAsync(string connection, Durability durability, List<TopicRecord[]> batches)
    {
        var given = new NpgsqlConnectionStringBuilder(connection);
        var password = new SecretValue(given.Password ?? "");
        given.Password = null;
        var settings = new PostgresStoreSettings(given.ConnectionString, password, $"bench_{Guid.NewGuid():N}") { Durability = durability };
        await TwiceAsync(PredictionStore.Open(settings, Cards(), TimeProvider.System), batches, $"PostgreSQL {durability}");
        await using var opened = new NpgsqlConnection(connection);
        await opened.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP SCHEMA {settings.Schema} CASCADE", opened);
        await drop.ExecuteNonQueryAsync();
    }

    static async Task TwiceAsync(PredictionStore opened, List<TopicRecord[]> batches, string what)
    {
        await using var store = opened;
        await MeasureAsync(store, batches, $"{what,-18} new  ");
        await MeasureAsync(store, batches, $"{what,-18} again");
        var counts = await store.CountAsync();
        Console.WriteLine($"holds {counts.Stored:N0}, {counts.PredictedFrauds:N0} predicted frauds");
    }

    static async Task MeasureAsync(PredictionStore store, List<TopicRecord[]> batches, string what)
    {
        var started = Stopwatch.GetTimestamp();
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes();
        foreach (var batch in batches) await store.WriteAsync(batch);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var rows = batches.Sum(batch => batch.Length);
        Console.WriteLine(
            $"{what} {rows:N0} rows: {rows / seconds,8:N0} rows/s, {(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / rows:N1} us CPU a row, "
            + $"{(GC.GetTotalAllocatedBytes() - allocated) / (double)rows:N1} bytes allocated a row");
    }

    static List<TopicRecord[]> Batches(ReadOnlyMemory<byte> lines)
    {
        var records = new List<TopicRecord>();
        while (!lines.IsEmpty)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            if (end < 0) end = lines.Length;
            if (end > 0) records.Add(new TopicRecord(new TopicPartition("predictions", 0), records.Count, default, lines[..end], 0));
            lines = lines[Math.Min(lines.Length, end + 1)..];
        }

        return [.. records.Chunk(BatchRecords)];
    }

    static TransactionSchema Cards() => TransactionSchema.Create(new SchemaDraft(
        "cards",
        [
            new("trans_date_trans_time", FieldType.Time) { TimeFormats = [TimeFormat.DateTime] },
            .. Texts("cc_num", "merchant", "category"), new("amt", FieldType.Number),
            .. Texts("first", "last", "gender", "street", "city", "state", "zip"), new("lat", FieldType.Number), new("long", FieldType.Number),
            new("city_pop", FieldType.Integer), new("job", FieldType.Text), new("dob", FieldType.Time) { TimeFormats = [TimeFormat.Date] },
            new("trans_num", FieldType.Text), new("unix_time", FieldType.Integer), new("merch_lat", FieldType.Number),
            new("merch_long", FieldType.Number), new("is_fraud", FieldType.Integer) { Optional = true },
        ],
        new SchemaRoles("trans_num", "trans_date_trans_time", "amt") { Card = "cc_num", Label = "is_fraud", Merchant = "merchant" })
    {
        Features = [new NumberFeature("amount", "amt")],
    });

    static ImmutableArray<SchemaField> Texts(params string[] names) => [.. names.Select(name => new SchemaField(name, FieldType.Text))];
}
