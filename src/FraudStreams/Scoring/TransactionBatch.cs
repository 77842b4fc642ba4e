using System.Buffers;
using System.Collections.Concurrent;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Scoring;

/// <summary>
/// Records of one partition on their way from `transactions` to `predictions` or `rejected`: the readable ones as rows, the others with their reason,
/// and the offset to commit for both. Has one owner at a time; the last one returns it to its pool. A batch whose stream failed is not returned: another
/// stage may still use it.
/// </summary>
sealed class TransactionBatch(TransactionBatchPool pool, TransactionRows rows)
{
    readonly List<(TopicRecord Record, RejectReason Reason)> _rejected = [];
    readonly List<TopicRecord> _records = [];

    public TransactionRows Rows { get; } = rows;

    /// <summary>The record of each row.</summary>
    public IReadOnlyList<TopicRecord> Records => _records;

    public IReadOnlyList<(TopicRecord Record, RejectReason Reason)> Rejected => _rejected;

    public BatchScored? Scored { get; set; }

    /// <summary>The offset of the first record, whether it was read or rejected.</summary>
    public long FirstOffset { get; private set; } = -1;

    /// <summary>The offset to commit: the one after the last record, whether it was read or rejected.</summary>
    public ConsumerOffset Position { get; private set; }

    /// <summary>When its records were taken from the topic, for its spans.</summary>
    public DateTimeOffset TakenAt { get; set; }

    public TransactionBatch Read(IReadOnlyList<TopicRecord> records, TransactionReader reader, string group)
    {
        foreach (var record in records)
        {
            if (reader.Read(record, Rows) is { } reason)
                _rejected.Add((record, reason));
            else
                _records.Add(record);
            if (FirstOffset < 0)
                FirstOffset = record.Offset;
            Position = new ConsumerOffset(group, record.Partition, record.Offset + 1);
        }

        return this;
    }

    /// <summary>Writes the prediction of a scored row: the payment as it came and what the model decided. Stream and replays write it here alone.</summary>
    public void WritePrediction(IBufferWriter<byte> into, int row, DateTimeOffset scoredAt) => PredictionWriter.Write(
        into, Rows.Source(row), Scored!.Scores[row], Scored.IsFraud(row), Scored.ModelVersion, scoredAt, Scored.FeaturesOf(row), Scored.ReasonsOf(row));

    public void Return()
    {
        Rows.Clear();
        _records.Clear();
        _rejected.Clear();
        Scored = null;
        FirstOffset = -1;
        pool.Return(this);
    }
}

/// <summary>Pools batches, so that a stream in its steady state allocates none.</summary>
sealed class TransactionBatchPool(Func<TransactionRows> newRows)
{
    readonly ConcurrentBag<TransactionBatch> _free = [];

    public TransactionBatch Rent() => _free.TryTake(out var batch) ? batch : new TransactionBatch(this, newRows());

    internal void Return(TransactionBatch batch) => _free.Add(batch);
}
