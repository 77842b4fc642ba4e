using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.WindowStates;

/// <summary>
/// Windows by a key that payments of several partitions share, such as the merchant, as one partition sees them: read from the whole topic, along with the
/// partition's own payments. Each of these windows ends a delay before the payment, and before a payment is scored every partition has been read past
/// that moment, or to its end; so the values do not depend on which partition was ahead.
/// </summary>
sealed class CrossPartitionWindowState : IAsyncDisposable
{
    /// <summary>A payment so far ahead of the ones before it has a wrong clock, and the others are not read ahead for it.</summary>
    const long MostAhead = 30L * 24 * 60 * 60 * 1000;

    readonly WindowState _windows;
    readonly Watermark _own = new();
    readonly Feed[] _feeds;
    readonly LabelFeed? _labels;
    readonly long _delay;

    /// <param name="follow">Whether labels that come while it runs are read too.</param>
    public CrossPartitionWindowState(IReadableLog topics, TransactionSchema schema, int partitions, int maxRecordBytes, bool follow = false)
        : this(topics, new WindowState(schema, WindowScope.OfOthers), new long[partitions], nextLabel: 0, maxRecordBytes, follow)
    {
    }

    CrossPartitionWindowState(IReadableLog topics, WindowState windows, long[] from, long nextLabel, int maxRecordBytes, bool follow)
    {
        _windows = windows;
        _delay = (long)windows.Schema.WindowFeatures.Where(window => !windows.Schema.IsOfCard(window)).Min(window => window.Delay).TotalMilliseconds;
        _feeds = [.. from.Select((next, number) => new Feed(topics.OpenReader(new TopicPartition(TopicNames.Transactions, number), next), next, windows, maxRecordBytes))];
        _labels = LabelFeed.Open(topics, windows, nextLabel, follow);
    }

    /// <summary>Writes what is remembered and how far each partition, and the labels, were read.</summary>
    public void Write(Stream into) => _windows.Write(into, CheckpointOffsets.Write([.. _feeds.Select(feed => feed.Next), _labels?.Next ?? 0]));

    /// <exception cref="WindowSnapshotException">The snapshot is damaged, of other windows, or of another number of partitions.</exception>
    public static CrossPartitionWindowState Read(Stream from, IReadableLog topics, TransactionSchema schema, int partitions, int maxRecordBytes, bool follow = false)
    {
        var windows = WindowState.Read(from, schema, out var position, WindowScope.OfOthers);
        var places = CheckpointOffsets.Read(position);
        return places.Length == partitions + 1
            ? new CrossPartitionWindowState(topics, windows, places[..partitions], places[partitions], maxRecordBytes, follow)
            : throw new WindowSnapshotException($"The snapshot is of a topic with {places.Length - 1} partitions, not {partitions}.");
    }

    /// <summary>Gives the rows their values of these windows.</summary>
    public async ValueTask LookUpAsync(TransactionRows rows, CancellationToken ct)
    {
        _labels?.BeginBatch();
        for (var row = rows.Advanced; row < rows.Count; row++)
        {
            _own.Take(rows.EventTime(row));
            var time = Math.Min(rows.EventTime(row), _own.Front + MostAhead);
            foreach (var feed in _feeds)
            {
                // So far it has to be read; what is there already up to the payment itself is taken along.
                await feed.ReadAsync(time - _delay, wait: true, ct);
                await feed.ReadAsync(time, wait: false, ct);
            }

            if (_labels is not null)
                await _labels.ReadAsync(time, ct);
            _windows.LookUp(rows, row, time);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var feed in _feeds)
            await feed.DisposeAsync();
        if (_labels is not null)
            await _labels.DisposeAsync();
    }

    /// <summary>One partition, read as far as its own clock is to go.</summary>
    sealed class Feed(IPartitionReader reader, long next, WindowState windows, int maxRecordBytes) : IAsyncDisposable
    {
        readonly Watermark _clock = new();
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
            if (_parser.TryRead(record, _row) is not null)
                return;
            _clock.Take(_row.EventTime(0));
            windows.Remember(_row);
        }
    }
}
