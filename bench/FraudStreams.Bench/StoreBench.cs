using System.Collections.Immutable;
using System.Diagnostics;
using FraudStreams.Model.Schema;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Bench;

/// <summary>
/// The store by itself: a file of predictions (JSON lines of the schema `cards`) read and written in batches of 4,000, each durable, with all indexes;
/// then all of them again, as after a crash. <c>dotnet run -c Release --project bench/FraudStreams.Bench -- store predictions.ndjson [folder]</c>
/// </summary>
static class StoreBench
{
    const int BatchRecords = 4000;

    public static async Task RunAsync(string input, string[] rest)
    {
        var folder = rest.Length > 0 ? rest[0] : Path.Combine(Path.GetTempPath(), $"fraudstreams-bench-{Environment.ProcessId}");
        var batches = Batches(await File.ReadAllBytesAsync(input));
        foreach (var durability in new[] { Durability.Full, Durability.Normal })
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            await using (var store = PredictionStore.Open(new SqliteStoreSettings(folder) { Durability = durability }, Cards(), TimeProvider.System))
            {
                await MeasureAsync(store, batches, $"store   {durability,-6}");
                await MeasureAsync(store, batches, $"again   {durability,-6}");
                var counts = await store.CountAsync();
                Console.WriteLine($"holds {counts.Stored:N0}, {counts.PredictedFrauds:N0} predicted frauds");
            }

            Console.WriteLine($"file {new FileInfo(Path.Combine(folder, "fraudstreams.db")).Length / 1e6:N0} MB");
            Directory.Delete(folder, recursive: true);
        }
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
