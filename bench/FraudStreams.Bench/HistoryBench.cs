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
using FraudStreams.Pipelines;
using FraudStreams.Scoring;
using FraudStreams.Topics;
using FraudStreams.WindowStates;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Bench;

/// <summary>
/// Window features over a file of payments, on one core: rows per second as in training and as in the stream, the size of the window state, and
/// the time a starting scorer needs to restore it, from the topic and from a snapshot. <c>… -- history payments.csv [schema]</c>; the file
/// must be in time order.
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
        Console.WriteLine($"{schema.WindowFeatures.Length} window features among {plan.Count} features of {schemaName}");

        Measure("CSV to rows", () => Rows(input, schema).Sum(rows => rows.Count));
        Measure("training: CSV to rows, windows and features", () => Compute(Rows(input, schema), plan, matrix, new WindowState(schema)));
        var records = Records(input, schema).Take(StreamRows).ToList();
        Measure("JSON to rows", () => Rows(records, schema).Sum(rows => rows.Count));
        Measure("stream: JSON to rows, windows and features", () => Compute(Rows(records, schema), plan, matrix, new WindowState(schema)));

        var windows = new WindowState(schema);
        Compute(Rows(input, schema), plan, matrix, windows);
        Console.WriteLine($"window state at the end: {windows.Events:N0} payments of {windows.Keys:N0} keys in {windows.MemoryBytes / 1e6:N2} MB");
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

    /// <summary>Publishes the file to a topic and restores the window state for a scorer at its end: without a snapshot, then from one.</summary>
    static async Task RestoreAsync(string input, TransactionSchema schema)
    {
        var data = Directory.CreateTempSubdirectory("fraudstreams-bench-").FullName;
        var config = new ConfigLayers(null, [$"data={data}", "memory.snapshot-every=10ms", "topics.retention.age=infinite"], null).Load();
        var settings = FraudSettings.From(config);
        await using (var topics = StreamTopics.Open(settings, NullLogger.Instance, TimeProvider.System))
        {
            var partition = new TopicPartition(TopicNames.Transactions, 0);
            var (last, count) = await PublishAsync(topics, partition, Records(input, schema));
            using var windowStates = PartitionWindowStates.Open(
                schema, topics, settings.Topics, settings.Memory, data, NullLogger.Instance, TimeProvider.System)!;
            var snapshot = new FileInfo(Path.Combine(data, "memory", "transactions-0.windows"));

            var log = await RestoreOnceAsync(windowStates, partition, last, count, () => Exists(snapshot));
            var fromSnapshot = await RestoreOnceAsync(windowStates, partition, last, count + 1, () => true);
            Console.WriteLine(
                $"restore of the window state: from {count - 1:N0} records of the topic {log.TotalSeconds:N2} s ({count / log.TotalSeconds:N0}/s), "
                + $"from a snapshot of {snapshot.Length / 1e3:N0} kB {fromSnapshot.TotalMilliseconds:N0} ms");
        }

        Directory.Delete(data, recursive: true);
    }

    /// <summary>Time until the window state is restored and has advanced by a batch with only the last record.</summary>
    /// <param name="isSaved">Whether the snapshot after that record is saved.</param>
    static async Task<TimeSpan> RestoreOnceAsync(PartitionWindowStates windowStates, TopicPartition partition, byte[] last, long count, Func<bool> isSaved)
    {
        await using var windows = new PartitionWindowState(windowStates, partition, CancellationToken.None);
        var pool = new TransactionBatchPool(() => new TransactionRows(windowStates.Schema));
        var reader = new TransactionReader(windowStates.Schema, windowStates.MaxRecordBytes);
        var record = new TopicRecord(partition, count - 1, default, last, 0);
        var started = Stopwatch.GetTimestamp();
        await windows.AdvanceAsync(pool.Rent().Read([record], reader, ConsumerGroups.Score));
        var restored = Stopwatch.GetElapsedTime(started);
        while (!isSaved())
            await windows.AdvanceAsync(pool.Rent().Read([record], reader, ConsumerGroups.Score));
        return restored;
    }

    static bool Exists(FileInfo file)
    {
        file.Refresh();
        return file.Exists;
    }

    /// <summary>Publishes the records and commits the score group's offset after the last one.</summary>
    /// <returns>The last record, and the number of records.</returns>
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
        // The first round warms up tiered compilation.
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
                reader.Read(record, rows);
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
