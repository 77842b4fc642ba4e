using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.WindowStates;

/// <summary>
/// Windows by a key that payments of several partitions share, such as the merchant, as one partition sees them: fed from the whole topic, in step with
/// the partition's own payments. Each of these windows ends a delay before the payment, and before a payment is scored every partition has been read
/// past that time, or to its end; so the values do not depend on which partition was ahead.
/// </summary>
sealed class CrossPartitionWindowState : IAsyncDisposable
{
    /// <summary>A payment further ahead of those before it has a wrong clock: the partitions are not read ahead for it.</summary>
    const long MaxAhead = 30L * 24 * 60 * 60 * 1000;

    readonly WindowState _windows;
    readonly Watermark _watermark = new();
    readonly Feed[] _feeds;
    readonly LabelFeed? _labels;
    readonly long _delay;

    /// <param name="follow">Whether labels appended while it runs are read, too.</param>
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

    /// <summary>Writes the window state, with the next offset of each partition and of the labels.</summary>
    public void Write(Stream into) => _windows.Write(into, CheckpointOffsets.Write([.. _feeds.Select(feed => feed.Next), _labels?.Next ?? 0]));

    /// <exception cref="WindowSnapshotException">The snapshot is damaged, of other windows, or of another number of partitions.</exception>
    public static CrossPartitionWindowState Read(Stream from, IReadableLog topics, TransactionSchema schema, int partitions, int maxRecordBytes, bool follow = false)
    {
        var windows = WindowState.Read(from, schema, out var position, WindowScope.OfOthers);
        var offsets = CheckpointOffsets.Read(position);
        return offsets.Length == partitions + 1
            ? new CrossPartitionWindowState(topics, windows, offsets[..partitions], offsets[partitions], maxRecordBytes, follow)
            : throw new WindowSnapshotException($"The snapshot is of a topic with {offsets.Length - 1} partitions, not {partitions}.");
    }

    /// <summary>Fills in the rows' values of these windows.</summary>
    public async ValueTask LookUpAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        _labels?.BeginBatch();
        for (var row = rows.Advanced; row < rows.Count; row++)
            _windows.LookUp(rows, row, await ReadUpToAsync(rows.EventTime(row), _watermark, cancellationToken));
    }

    /// <summary>Fills in the rows' values as <see cref="LookUpAsync"/> would, and changes none that follow. Partitions are read ahead as for those.</summary>
    public async ValueTask PeekAsync(TransactionRows rows, CancellationToken cancellationToken)
    {
        _labels?.BeginBatch();
        var watermark = _watermark.Copy();
        var moments = new long[rows.Count];
        for (var row = 0; row < rows.Count; row++)
            moments[row] = await ReadUpToAsync(rows.EventTime(row), watermark, cancellationToken);
        var copy = _windows.CopyFor(rows);
        for (var row = 0; row < rows.Count; row++)
            copy.LookUp(rows, row, moments[row]);
    }

    /// <summary>Reads what a payment of this time needs, and gives the time up to which labels count for it.</summary>
    async ValueTask<long> ReadUpToAsync(long eventTime, Watermark watermark, CancellationToken cancellationToken)
    {
        watermark.Take(eventTime);
        var time = Math.Min(eventTime, watermark.Front + MaxAhead);
        foreach (var feed in _feeds)
        {
            // Required up to the delay before the payment; from there up to the payment only what is available is read.
            await feed.ReadAsync(time - _delay, wait: true, cancellationToken);
            await feed.ReadAsync(time, wait: false, cancellationToken);
        }

        if (_labels is not null)
            await _labels.ReadAsync(time, cancellationToken);
        return time;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var feed in _feeds)
            await feed.DisposeAsync();
        if (_labels is not null)
            await _labels.DisposeAsync();
    }

    /// <summary>One partition, read up to a given event time.</summary>
    sealed class Feed(IPartitionReader reader, long next, WindowState windows, int maxRecordBytes) : IAsyncDisposable
    {
        readonly Watermark _watermark = new();
        readonly TransactionReader _parser = new(windows.Schema, maxRecordBytes);
        readonly TransactionRows _row = new(windows.Schema, 1);
        IReadOnlyList<TopicRecord> _chunk = [];
        int _taken;

        public long Next { get; private set; } = next;

        public async ValueTask ReadAsync(long to, bool wait, CancellationToken cancellationToken)
        {
            while (_watermark.Now <= to)
            {
                if (_taken == _chunk.Count)
                {
                    (_chunk, _taken) = (await reader.NextAsync(wait, cancellationToken), 0);
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
            if (_parser.Read(record, _row) is not null)
                return;
            _watermark.Take(_row.EventTime(0));
            windows.Remember(_row);
        }
    }
}
