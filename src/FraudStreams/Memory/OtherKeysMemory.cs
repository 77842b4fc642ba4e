using System.Buffers.Binary;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.Topics;

namespace FraudStreams.Memory;

/// <summary>
/// Windows by a key that payments of several partitions share, such as the merchant, as one partition sees them: read from the whole topic, along with the
/// partition's own payments. Each of these windows ends a delay before the payment, and before a payment is scored every partition has been read past
/// that moment, or to its end; so the values do not depend on which partition was ahead.
/// </summary>
sealed class OtherKeysMemory : IAsyncDisposable
{
    /// <summary>A payment so far ahead of the ones before it has a wrong clock, and the others are not read ahead for it.</summary>
    const long MostAhead = 30L * 24 * 60 * 60 * 1000;

    readonly WindowState _windows;
    readonly EventClock _own = new();
    readonly Feed[] _feeds;
    readonly long _delay;

    public OtherKeysMemory(ITopics topics, TransactionSchema schema, int partitions, int maxRecordBytes)
        : this(topics, new WindowState(schema, WindowScope.OfOthers), new long[partitions], maxRecordBytes)
    {
    }

    OtherKeysMemory(ITopics topics, WindowState windows, long[] from, int maxRecordBytes)
    {
        _windows = windows;
        _delay = (long)windows.Schema.WindowFeatures.Where(window => !windows.Schema.IsOfCard(window)).Min(window => window.Delay).TotalMilliseconds;
        _feeds = [.. from.Select((next, number) => new Feed(topics.OpenReader(new TopicPartition(Topic.Transactions, number), next), next, windows, maxRecordBytes))];
    }

    /// <summary>Writes what is remembered and how far each partition was read.</summary>
    public void Write(Stream into)
    {
        var places = new byte[_feeds.Length * sizeof(long)];
        for (var feed = 0; feed < _feeds.Length; feed++)
            BinaryPrimitives.WriteInt64LittleEndian(places.AsSpan(feed * sizeof(long)), _feeds[feed].Next);
        _windows.Write(into, places);
    }

    /// <exception cref="WindowSnapshotException">The snapshot is damaged, of other windows, or of another number of partitions.</exception>
    public static OtherKeysMemory Read(Stream from, ITopics topics, TransactionSchema schema, int partitions, int maxRecordBytes)
    {
        var windows = WindowState.Read(from, schema, out var places, WindowScope.OfOthers);
        if (places.Length != partitions * sizeof(long))
            throw new WindowSnapshotException($"The snapshot is of a topic with {places.Length / sizeof(long)} partitions, not {partitions}.");
        var next = Enumerable.Range(0, partitions).Select(number => BinaryPrimitives.ReadInt64LittleEndian(places.AsSpan(number * sizeof(long)))).ToArray();
        return new OtherKeysMemory(topics, windows, next, maxRecordBytes);
    }

    /// <summary>Gives the rows their values of these windows.</summary>
    public async ValueTask LookUpAsync(TransactionRows rows, CancellationToken ct)
    {
        for (var row = rows.Advanced; row < rows.Count; row++)
        {
            _own.Take(rows.EventTime(row));
            var time = Math.Min(rows.EventTime(row), _own.Median + MostAhead);
            foreach (var feed in _feeds)
            {
                // So far it has to be read; what is there already up to the payment itself is taken along.
                await feed.ReadAsync(time - _delay, wait: true, ct);
                await feed.ReadAsync(time, wait: false, ct);
            }

            _windows.LookUp(rows, row);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var feed in _feeds)
            await feed.DisposeAsync();
    }

    /// <summary>One partition, read as far as its own clock is to go.</summary>
    sealed class Feed(IPartitionReader reader, long next, WindowState windows, int maxRecordBytes) : IAsyncDisposable
    {
        readonly EventClock _clock = new();
        readonly TransactionReader _parser = new(windows.Schema, maxRecordBytes);
        readonly TransactionRows _row = new(windows.Schema, 1);
        IReadOnlyList<TopicRecord> _chunk = [];
        int _taken;

        public long Next { get; private set; } = next;

        public async ValueTask ReadAsync(long to, bool wait, CancellationToken ct)
        {
            while (_clock.Now <= to)
            {
                if (_taken == _chunk.Count)
                {
                    (_chunk, _taken) = (await reader.NextAsync(wait, ct), 0);
                    if (_chunk.Count == 0)
                        return;
                }

                Take(_chunk[_taken++]);
            }
        }

        public ValueTask DisposeAsync()
        {
            _row.Dispose();
            return reader.DisposeAsync();
        }

        void Take(TopicRecord record)
        {
            Next = record.Offset + 1;
            _row.Clear();
            if (_parser.TryRead(record.Value.Span, _row) is not null)
                return;
            _clock.Take(_row.EventTime(0));
            windows.Remember(_row);
        }
    }
}
