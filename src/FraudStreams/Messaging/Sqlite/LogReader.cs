using FraudStreams.Diagnostics;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Reads one partition forward, a chunk per call. It reads nothing ahead, and no transaction stays open between two reads. One caller at a time.
/// </summary>
/// <param name="from">The offset to begin at.</param>
internal sealed class LogReader(EmbeddedLogSettings settings, TopicPartition partition, long from) : IPartitionReader, IDisposable
{
    // Below the large object heap's threshold, so that read chunks are collected in generation 0.
    const int SharedBuffer = 64 * 1024;

    readonly List<TopicRecord> _chunk = new(settings.ChunkRecords);
    bool _readsTraces;
    SqliteFile? _file;
    SqliteStatement? _select;
    long _next = from;

    /// <summary>Everything there is can be read at once, so there is nothing to wait for. Work of low priority reads for itself.</summary>
    public Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken) =>
        LowPriority.IsThis ? Task.FromResult<IReadOnlyList<TopicRecord>>(Read()) : Task.Run<IReadOnlyList<TopicRecord>>(Read, cancellationToken);

    /// <summary>The next records, at least one: waits at the end for the next append.</summary>
    public async Task<TopicRecord[]> NextAsync(AppendNotifier appends, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var append = appends.Next(partition);
            if (Read() is { Length: > 0 } records)
                return records;
            await appends.WaitAsync(append, cancellationToken);
        }
    }

    /// <summary>The next records; none at the current end.</summary>
    public TopicRecord[] Read()
    {
        try
        {
            _file ??= LogFile.OpenForReading(settings);
            _select ??= Select(_file);
            var records = ReadChunk(_select.Bind(1, _next));
            if (records.Length > 0)
                _next = records[^1].Offset + 1;
            return records;
        }
        catch (SqliteFileException e)
        {
            Dispose();
            throw new MessageLogException($"Reading {partition} from offset {_next} failed: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _select = null;
    }

    SqliteStatement Select(SqliteFile file)
    {
        _readsTraces = StreamTraces.IsOn;
        return file.Prepare($"""
            SELECT "offset", time, key, value{(_readsTraces ? ", trace" : "")} FROM {LogFile.Table(partition)} WHERE "offset" >= ? ORDER BY "offset" LIMIT {settings.ChunkRecords}
            """);
    }

    TopicRecord[] ReadChunk(SqliteStatement rows)
    {
        _chunk.Clear();
        byte[] shared = [];
        var used = 0;
        var bytes = 0L;
        while (bytes < settings.ChunkBytes && rows.Step())
        {
            var key = rows.Bytes(2);
            var value = rows.Bytes(3);
            var size = key.Length + value.Length;
            if (size > shared.Length - used)
            {
                shared = GC.AllocateUninitializedArray<byte>(Math.Max(size, SharedBuffer));
                used = 0;
            }

            key.CopyTo(shared.AsSpan(used));
            value.CopyTo(shared.AsSpan(used + key.Length));
            _chunk.Add(new TopicRecord(
                partition, rows.Long(0), shared.AsMemory(used, key.Length), shared.AsMemory(used + key.Length, value.Length), rows.Long(1))
            {
                TraceParent = _readsTraces && !rows.IsNull(4) ? rows.Text(4) : null,
            });
            used += size;
            bytes += size;
        }

        rows.Reset();
        return [.. _chunk];
    }
}
