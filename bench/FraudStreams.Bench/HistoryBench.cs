using System.Buffers;
using System.Diagnostics;
using Akka.Actor;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Bench;

/// <summary>
/// Features with windows over a file of payments, on one core: rows a second as training reads them and as the stream does; what the windows
/// then hold; and how long a scorer that starts takes until its windows stand, from the topic and from a snapshot.
/// <c>… -- history payments.csv [schema]</c>; the file must be in the order of time.
/// </summary>
static class HistoryBench
{
    const int BatchRows = 500;
    const int StreamRows = 200_000;
    const int Rounds = 3;

    public static async Task RunAsync(string input, string schemaName)
    {
        var schema = SchemaFile.Read(schemaName);
        var plan = FeaturePlan.Fit(schema, Rows(input, schema));
        var matrix = new double[BatchRows * plan.Count];
        Console.WriteLine($"{schema.WindowFeatures.Length} windows among {plan.Count} features of {schemaName}");

        Measure("CSV to rows", () => Rows(input, schema).Sum(rows => rows.Count));
        Measure("training side: CSV to rows, windows and features", () => Compute(Rows(input, schema), plan, matrix, new WindowState(schema)));
        var records = Records(input, schema).Take(StreamRows).ToList();
        Measure("JSON to rows", () => Rows(records, schema).Sum(rows => rows.Count));
        Measure("stream: JSON to rows, windows and features", () => Compute(Rows(records, schema), plan, matrix, new WindowState(schema)));

        var windows = new WindowState(schema);
        Compute(Rows(input, schema), plan, matrix, windows);
        Console.WriteLine($"held at the end: {windows.Events:N0} payments of {windows.Keys:N0} keys in {windows.MemoryBytes / 1e6:N2} MB");
        await RestoreAsync(input, schema);
    }

    static int Compute(IEnumerable<TransactionRows> batches, FeaturePlan plan, double[] matrix, WindowState windows)
    {
        var count = 0;
        foreach (var rows in batches)
        {
            windows.Advance(rows);
            plan.Compute(rows, matrix.AsSpan(0, rows.Count * plan.Count));
            count += rows.Count;
        }

        return count;
    }

    /// <summary>The whole file in a topic, read by a scorer that begins after its last record: without a snapshot, then with one.</summary>
    static async Task RestoreAsync(string input, TransactionSchema schema)
    {
        var data = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var config = new ConfigLayers(null, [$"data={data}", "memory.snapshot-every=10ms", "topics.retention.age=infinite"], null).Load();
        var settings = FraudSettings.From(config);
        using var system = ActorSystem.Create("bench", config);
        await using (var topics = settings.Topics.Open(data, system, TimeProvider.System, _ => { }))
        {
            var partition = new TopicPartition(TopicNames.Transactions, 0);
            var (last, count) = await PublishAsync(topics, partition, Records(input, schema));
            using var memory = PartitionWindowStates.Open(schema, topics, settings, system.Log, TimeProvider.System)!;
            var snapshot = new FileInfo(Path.Combine(data, "memory", "transactions-0.windows"));

            var log = await RestoreOnceAsync(memory, partition, last, count, () => Exists(snapshot));
            var fromSnapshot = await RestoreOnceAsync(memory, partition, last, count + 1, () => true);
            Console.WriteLine(
                $"until the windows stand: from {count - 1:N0} records of the topic {log.TotalSeconds:N2} s ({count / log.TotalSeconds:N0}/s), "
                + $"from a snapshot of {snapshot.Length / 1e3:N0} kB {fromSnapshot.TotalMilliseconds:N0} ms");
        }

        Directory.Delete(data, recursive: true);
    }

    /// <summary>Time until the windows have passed a batch of the last record alone.</summary>
    /// <param name="kept">Whether the snapshot that comes after it is kept.</param>
    static async Task<TimeSpan> RestoreOnceAsync(PartitionWindowStates memory, TopicPartition partition, byte[] last, long count, Func<bool> kept)
    {
        await using var windows = new PartitionWindowState(memory, partition, CancellationToken.None);
        var pool = new TransactionBatchPool(() => new TransactionRows(memory.Schema));
        var reader = new TransactionReader(memory.Schema, memory.MaxRecordBytes);
        var record = new TopicRecord(partition, count - 1, default, last, 0);
        var started = Stopwatch.GetTimestamp();
        await windows.RememberAsync(pool.Rent().Read([record], reader, ConsumerGroups.Score));
        var restored = Stopwatch.GetElapsedTime(started);
        while (!kept())
            await windows.RememberAsync(pool.Rent().Read([record], reader, ConsumerGroups.Score));
        return restored;
    }

    static bool Exists(FileInfo file)
    {
        file.Refresh();
        return file.Exists;
    }

    /// <returns>The last record and how many there are; the group that scores stands after it.</returns>
    static async Task<(byte[] Last, long Count)> PublishAsync(IMessageLog topics, TopicPartition partition, IEnumerable<byte[]> records)
    {
        var (last, count) = (Array.Empty<byte>(), 0L);
        foreach (var chunk in records.Chunk(5_000))
        {
            var batch = new RecordBatch(chunk.Length);
            foreach (var record in chunk)
                batch.Add(partition.Topic, [], record);
            (last, count) = (chunk[^1], count + chunk.Length);
            batch.Position = new ConsumerOffset(ConsumerGroups.Score, partition, count);
            await topics.PublishAsync(batch, CancellationToken.None);
        }

        return (last, count);
    }

    static void Measure(string what, Func<int> work)
    {
        var (rows, best) = (0, double.MaxValue);
        // The first round brings the code to its last tier of compilation.
        for (var round = 0; round < Rounds; round++)
        {
            GC.Collect();
            var cpu = Environment.CpuUsage.TotalTime;
            rows = work();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        }

        Console.WriteLine($"{what,-52} {rows,10:N0} rows {rows / best,12:N0} rows/s");
    }

    static IEnumerable<TransactionRows> Rows(string input, TransactionSchema schema)
    {
        using var stream = File.OpenRead(input);
        using var reader = new CsvReader(stream, schema, Path.GetFileName(input));
        using var rows = new TransactionRows(schema, BatchRows);
        while (reader.TryRead(rows, out _))
        {
            if (rows.Count < BatchRows)
                continue;
            yield return rows;
            rows.Clear();
        }

        yield return rows;
    }

    static IEnumerable<TransactionRows> Rows(List<byte[]> records, TransactionSchema schema)
    {
        var reader = new TransactionReader(schema);
        using var rows = new TransactionRows(schema, BatchRows);
        foreach (var batch in records.Chunk(BatchRows))
        {
            foreach (var record in batch)
                reader.TryRead(record, rows);
            yield return rows;
            rows.Clear();
        }
    }

    static IEnumerable<byte[]> Records(string input, TransactionSchema schema)
    {
        using var stream = File.OpenRead(input);
        using var toJson = new CsvToJson(stream, schema, Path.GetFileName(input));
        var into = new ArrayBufferWriter<byte>();
        while (toJson.TryRead(into))
        {
            yield return into.WrittenSpan.ToArray();
            into.ResetWrittenCount();
        }
    }
}
