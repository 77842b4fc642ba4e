using System.Buffers;

namespace FraudStreams.Messaging;

/// <summary>
/// A batch of records for one or more topics, with the offsets to commit after or with them. Keys and values are written into one pooled
/// buffer, which returns to the pool when the publisher disposes the batch. Not thread-safe.
/// </summary>
public sealed class RecordBatch : IDisposable
{
    readonly PooledBytes _bytes;
    Entry[] _entries;

    public RecordBatch(int expectedRecords = 512)
    {
        _bytes = new PooledBytes(Math.Max(1, expectedRecords) * 512);
        _entries = ArrayPool<Entry>.Shared.Rent(Math.Max(1, expectedRecords));
    }

    readonly record struct Entry(string Topic, int KeyStart, int KeyLength, int ValueStart, int ValueLength, string? TraceParent);

    public int Count { get; private set; }

    /// <summary>The size of the keys and values so far.</summary>
    public int Bytes => _bytes.Length;

    /// <summary>The offset to commit once the records are durable, or null.</summary>
    public ConsumerOffset? Position { get; set; }

    /// <summary>
    /// Offsets to commit together with the records: all of it or nothing, on Kafka too, where that is a transaction. At most one a partition, all of one group
    /// and topic. For who writes what windows count: a payment may not be there twice.
    /// </summary>
    public IReadOnlyList<ConsumerOffset> Offsets { get; set; } = [];

    /// <param name="traceParent">As <see cref="TopicRecord.TraceParent"/>.</param>
    public void Add(string topic, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, string? traceParent = null)
    {
        var start = _bytes.Length;
        _bytes.Append(key);
        _bytes.Append(value);
        Append(new Entry(topic, start, key.Length, start + key.Length, value.Length, traceParent));
    }

    /// <summary>
    /// Serialises a value in place: <paramref name="write"/> appends to the batch's own buffer. If it throws, the batch is unchanged.
    /// </summary>
    public void Add<TState>(string topic, ReadOnlySpan<byte> key, TState state, Action<IBufferWriter<byte>, TState> write, string? traceParent = null)
    {
        var start = _bytes.Length;
        _bytes.Append(key);
        var valueStart = _bytes.Length;
        try
        {
            write(_bytes, state);
        }
        catch
        {
            _bytes.Truncate(start);
            throw;
        }

        Append(new Entry(topic, start, key.Length, valueStart, _bytes.Length - valueStart, traceParent));
    }

    public string Topic(int record) => At(record).Topic;

    public ReadOnlySpan<byte> Key(int record) => _bytes.Slice(At(record).KeyStart, At(record).KeyLength);

    public ReadOnlySpan<byte> Value(int record) => _bytes.Slice(At(record).ValueStart, At(record).ValueLength);

    /// <inheritdoc cref="TopicRecord.TraceParent"/>
    public string? TraceParent(int record) => At(record).TraceParent;

    public void SetTraceParent(int record, string traceParent) => _entries[record] = At(record) with { TraceParent = traceParent };

    /// <summary>Gives the topics other names.</summary>
    internal void Rename(Func<string, string> name)
    {
        for (var record = 0; record < Count; record++)
            _entries[record] = _entries[record] with { Topic = name(_entries[record].Topic) };
    }

    public void Dispose()
    {
        if (_entries.Length == 0) return;

        ArrayPool<Entry>.Shared.Return(_entries, clearArray: true);
        _entries = [];
        Count = 0;
        _bytes.Dispose();
    }

    ref readonly Entry At(int record)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)record, (uint)Count, nameof(record));
        return ref _entries[record];
    }

    void Append(Entry entry)
    {
        ObjectDisposedException.ThrowIf(_entries.Length == 0, this);
        if (Count == _entries.Length)
        {
            var larger = ArrayPool<Entry>.Shared.Rent(Count * 2);
            _entries.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<Entry>.Shared.Return(_entries, clearArray: true);
            _entries = larger;
        }

        _entries[Count++] = entry;
    }
}
