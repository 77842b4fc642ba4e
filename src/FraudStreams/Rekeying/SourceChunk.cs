using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Rekeying;

/// <summary>
/// Records of a topic of others as they were read at once: of each its row, why it cannot be used, or that it is a tombstone. Taken one after the other, in
/// their order. Has one owner at a time.
/// </summary>
sealed class SourceChunk(IReadOnlyList<TopicRecord> records, TransactionRows rows)
{
    readonly (int Row, RejectReason? Reason, int? TextFrom)[] _read = new (int, RejectReason?, int?)[records.Count];
    int _next;

    public TransactionRows Rows => rows;

    public int Count => records.Count;

    /// <summary>The offset after the last record.</summary>
    public long Next => records[^1].Offset + 1;

    /// <summary>The event time of the next record; of one without, that it is to go at once.</summary>
    public long NextTime => _read[_next].Row is >= 0 and var row ? rows.EventTime(row) : long.MinValue;

    bool IsEmpty => _next == records.Count;

    public void Readable(int record) => _read[record] = (rows.Count - 1, null, null);

    /// <param name="reason">Null for a tombstone.</param>
    /// <param name="textFrom">As <see cref="SourceRecord.TextFrom"/>.</param>
    public void Without(int record, RejectReason? reason, int? textFrom = null) => _read[record] = (-1, reason, textFrom);

    public SourceRecord Take()
    {
        var (row, reason, textFrom) = _read[_next];
        var record = records[_next++];
        return new SourceRecord(rows, row, reason, record, IsEmpty) { TextFrom = textFrom };
    }
}

/// <summary>A record of a topic of others.</summary>
/// <param name="Row">Its row; -1 where it has none.</param>
/// <param name="Reason">Why it is rejected; null with a row, and for a tombstone.</param>
/// <param name="IsLast">Of the rows: whoever is done with it disposes them.</param>
readonly record struct SourceRecord(TransactionRows Rows, int Row, RejectReason? Reason, TopicRecord Record, bool IsLast)
{
    /// <summary>Of a rejected record, where in its bytes the JSON begins that it was read as; null where it is Avro, or nobody knows what.</summary>
    public int? TextFrom { get; init; }

    /// <summary>Where it waited to be merged.</summary>
    public PartitionQueue? Queue { get; init; }
}
