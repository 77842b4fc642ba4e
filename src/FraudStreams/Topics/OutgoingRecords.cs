using System.Buffers;

namespace FraudStreams.Topics;

/// <summary>
/// A batch of records on its way into one or more topics, with at most one position to commit after them. Keys and values are written
/// into one pooled buffer; whoever publishes the batch disposes it. Not thread-safe.
/// </summary>
public sealed class OutgoingRecords : IDisposable
{
    readonly ArrayBufferWriter<byte> _bytes;
    readonly List<Entry> _entries;

    public OutgoingRecords(int expectedRecords = 512)
    {
        _bytes = new ArrayBufferWriter<byte>(Math.Max(1024, expectedRecords * 512));
        _entries = new List<Entry>(expectedRecords);
    }

    readonly record struct Entry(string Topic, int KeyStart, int KeyLength, int ValueStart, int ValueLength);

    public int Count => _entries.Count;

    /// <summary>The position to commit once the records are safe, or null.</summary>
    public GroupPosition? Position { get; set; }

    public void Add(string topic, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var start = _bytes.WrittenCount;
        _bytes.Write(key);
        _bytes.Write(value);
        _entries.Add(new Entry(topic, start, key.Length, start + key.Length, value.Length));
    }

    /// <summary>Writes a value in place: the writer given to <paramref name="write"/> appends to the batch's own buffer.</summary>
    public void Add<TState>(string topic, ReadOnlySpan<byte> key, TState state, Action<IBufferWriter<byte>, TState> write)
    {
        var start = _bytes.WrittenCount;
        _bytes.Write(key);
        write(_bytes, state);
        var valueStart = start + key.Length;
        _entries.Add(new Entry(topic, start, key.Length, valueStart, _bytes.WrittenCount - valueStart));
    }

    public string Topic(int record) => _entries[record].Topic;

    public ReadOnlySpan<byte> Key(int record) => _bytes.WrittenSpan.Slice(_entries[record].KeyStart, _entries[record].KeyLength);

    public ReadOnlySpan<byte> Value(int record) => _bytes.WrittenSpan.Slice(_entries[record].ValueStart, _entries[record].ValueLength);

    public void Dispose()
    {
    }
}
