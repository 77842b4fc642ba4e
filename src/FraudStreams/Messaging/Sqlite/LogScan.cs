using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Reads one partition forward, a chunk per call. It reads nothing ahead, and no transaction stays open between two reads. One caller at a time.
/// </summary>
internal sealed class LogScan(EmbeddedLogSettings settings, TopicPartition partition) : IDisposable
{
    // Below the large object heap's threshold, so that read chunks are collected in generation 0.
    const int SharedBuffer = 64 * 1024;

    readonly List<TopicRecord> _chunk = new(settings.ChunkRecords);
    SqliteFile? _file;
    SqliteStatement? _select;

    /// <summary>The records present from an offset on; none at the end.</summary>
    public TopicRecord[] Read(long from)
    {
        try
        {
            _file ??= LogFile.OpenForReading(settings);
            _select ??= _file.Prepare($"""
                SELECT "offset", time, key, value FROM {LogFile.Table(partition)} WHERE "offset" >= ? ORDER BY "offset" LIMIT {settings.ChunkRecords}
                """);
            return ReadChunk(_select.Bind(1, from));
        }
        catch (SqliteFileException e)
        {
            Dispose();
            throw new MessageLogException($"Reading {partition} from offset {from} failed: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _select = null;
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
                partition, rows.Long(0), shared.AsMemory(used, key.Length), shared.AsMemory(used + key.Length, value.Length), rows.Long(1)));
            used += size;
            bytes += size;
        }

        rows.Reset();
        return [.. _chunk];
    }
}
