using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;
using FraudStreams.WindowStates;

namespace FraudStreams.Replay;

/// <summary>
/// Payments of a partition with their window values, recomputed from the log's first record on, for lookups by id in roughly the log's order: a fixed
/// number of the newest payments is kept.
/// </summary>
sealed class RecomputedPayments : IAsyncDisposable
{
    readonly IAsyncEnumerator<IReadOnlyList<TopicRecord>> _chunks;
    readonly TransactionReader _reader;
    readonly PaymentWindows _windows;
    readonly CancellationToken _cancellationToken;
    readonly Func<TransactionRows> _newRows;
    readonly int _capacity;
    readonly Queue<(TransactionRows Rows, string Id)> _order = [];
    readonly Dictionary<string, TransactionRows> _byId = [];
    long _completeFrom = long.MinValue;
    bool _isFirst = true;

    public RecomputedPayments(
        IReadableLog topics, TopicPartition partition, TransactionSchema schema, int partitions, int maxRecordBytes, int capacity,
        CancellationToken cancellationToken)
    {
        _chunks = topics.ReadAsync(partition, 0, long.MaxValue, cancellationToken).GetAsyncEnumerator(cancellationToken);
        _reader = new TransactionReader(schema, maxRecordBytes);
        _windows = PaymentWindows.Empty(topics, schema, partitions, maxRecordBytes);
        _cancellationToken = cancellationToken;
        _newRows = () => new TransactionRows(schema, 1);
        _capacity = capacity;
    }

    /// <summary>The payment as a table of one row; null if the log does not have it, or starts so shortly before it that its windows are incomplete.</summary>
    public async ValueTask<TransactionRows?> FindAsync(string id)
    {
        TransactionRows? found;
        while (!_byId.TryGetValue(id, out found))
        {
            if (!await _chunks.MoveNextAsync())
                return null;
            foreach (var record in _chunks.Current)
                await TakeAsync(record);
        }

        return found.EventTime(0) >= _completeFrom ? found : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _chunks.DisposeAsync();
        await _windows.DisposeAsync();
        foreach (var (rows, _) in _order)
            rows.Dispose();
    }

    async ValueTask TakeAsync(TopicRecord record)
    {
        var rows = _newRows();
        if (_reader.Read(record, rows) is not null)
        {
            rows.Dispose();
            return;
        }

        if (_isFirst && record.Offset > 0)
            _completeFrom = rows.EventTime(0) + (long)rows.Schema.LongestMemory.TotalMilliseconds;
        _isFirst = false;
        await _windows.AdvanceAsync(rows, _cancellationToken);
        var id = Encoding.UTF8.GetString(rows.Id(0));
        _order.Enqueue((rows, id));
        _byId.TryAdd(id, rows);
        if (_order.Count <= _capacity)
            return;
        var (oldest, oldId) = _order.Dequeue();
        if (_byId.TryGetValue(oldId, out var same) && ReferenceEquals(same, oldest))
            _byId.Remove(oldId);
        oldest.Dispose();
    }
}
