using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Sqlite;

namespace FraudStreams.Bench;

/// <summary>
/// The embedded log alone: batches of 500 records of 500 bytes, each durable when its publish returns, from 1 and from 4 publishers; then reading all of
/// them; then one publisher followed by three readers; then a consuming stream.
/// <c>dotnet run -c Release --project bench/FraudStreams.Bench -- topics [folder]</c>
/// </summary>
static class TopicsBench
{
    const int BatchRecords = 500;
    const int RecordBytes = 500;
    const int Records = 1_000_000;

    public static async Task RunAsync(string[] args)
    {
        var root = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), $"fraudstreams-bench-{Environment.ProcessId}");
        foreach (var durability in new[] { Durability.Full, Durability.Normal })
        {
            foreach (var publishers in new[] { 1, 4 }) await MeasureAsync(root, durability, publishers);
        }

        await FollowAsync(Path.Combine(root, "follow"));
        await ConsumeAsync(Path.Combine(root, "consume"));
    }

    /// <summary>Consumes a million records through <see cref="IMessageLog.Consume"/> and a stream, in batches as scoring does.</summary>
    static async Task ConsumeAsync(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        using var system = ActorSystem.Create("bench");
        var settings = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty.Add("bench", 1)) { ChunkRecords = 1000 };
        await using (var log = EmbeddedLog.Open(settings, TimeProvider.System)) await PublishAsync(log, Records / BatchRecords);
        await using (var topics = EmbeddedMessageLog.Open(settings, TimeProvider.System, _ => { }))
        {
            var started = Stopwatch.GetTimestamp();
            var cpu = Environment.CpuUsage.TotalTime;
            await topics.Consume("bench", "bench")
                .MergeMany(1, partition => partition.Chunks)
                .Via(new BatchChunks<TopicRecord>(BatchRecords, TimeSpan.FromSeconds(1)))
                .Take(Records / BatchRecords)
                .RunWith(Sink.Ignore<IReadOnlyList<TopicRecord>>(), system.Materializer());
            Console.WriteLine(
                $"consume  a stream of {Records:N0} records in groups of {BatchRecords}: {Records / Stopwatch.GetElapsedTime(started).TotalSeconds,10:N0} records/s, "
                + $"{(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Records:N2} us CPU a record");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Three readers follow one publisher; also prints the largest size of the write-ahead log.</summary>
    static async Task FollowAsync(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var settings = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty.Add("bench", 1));
        var writeAhead = new FileInfo(Path.Combine(folder, "topics.db-wal"));
        var largest = 0L;
        await using (var log = EmbeddedLog.Open(settings, TimeProvider.System))
        {
            var started = Stopwatch.GetTimestamp();
            var followers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                using var reader = log.OpenReader(log.PartitionsOf("bench").Single(), 0);
                for (var next = 0L; next < Records; next += (await reader.NextAsync(log.Appends, CancellationToken.None)).Length)
                {
                    writeAhead.Refresh();
                    largest = Math.Max(largest, writeAhead.Length);
                }
            })).ToList();
            await PublishAsync(log, Records / BatchRecords);
            await Task.WhenAll(followers);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine($"follow   Full   1 publisher, 3 readers: {Records / seconds,10:N0} records/s, write-ahead log at most {largest / 1e6:N0} MB");
        }

        Directory.Delete(folder, recursive: true);
    }

    static async Task MeasureAsync(string root, Durability durability, int publishers)
    {
        var folder = Path.Combine(root, $"{durability}-{publishers}");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var settings = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty.Add("bench", 4)) { Durability = durability };
        await using (var log = EmbeddedLog.Open(settings, TimeProvider.System))
        {
            var started = Stopwatch.GetTimestamp();
            var cpu = Environment.CpuUsage.TotalTime;
            var allocated = GC.GetTotalAllocatedBytes();
            await Task.WhenAll(Enumerable.Range(0, publishers).Select(_ => Task.Run(() => PublishAsync(log, Records / publishers / BatchRecords))));
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(
                $"publish  {durability,-6} {publishers} publisher(s): {Records / seconds,10:N0} records/s, "
                + $"{(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Records:N1} us CPU a record, {(GC.GetTotalAllocatedBytes() - allocated) / (double)Records:N1} bytes allocated a record");

            started = Stopwatch.GetTimestamp();
            var read = 0;
            foreach (var partition in log.PartitionsOf("bench"))
            {
                using var reader = log.OpenReader(partition, 0);
                while (reader.Read() is { Length: > 0 } chunk) read += chunk.Length;
            }

            seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine($"read     {durability,-6} {read:N0} records: {read / seconds,10:N0} records/s");
        }

        Directory.Delete(folder, recursive: true);
    }

    static async Task PublishAsync(EmbeddedLog log, int batches)
    {
        var value = new byte[RecordBytes];
        var key = new byte[16];
        for (var batch = 0; batch < batches; batch++)
        {
            var records = new RecordBatch(BatchRecords);
            for (var record = 0; record < BatchRecords; record++)
            {
                BitConverter.TryWriteBytes(key, (batch * BatchRecords) + record);
                records.Add("bench", key, value);
            }

            await log.PublishAsync(records);
        }
    }
}
