using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Topics;

/// <summary>What becomes of records that cannot be used: how long one may be at all, and how it is set aside.</summary>
static class DeadLetters
{
    /// <summary>A key is a card or an id. A longer one is nothing that could be repeated beside a prediction.</summary>
    public const int LongestKey = 4096;

    /// <summary>Of a record that is set aside in part, this much at most: the rest is where it came from.</summary>
    const int LongestExcerpt = 64 * 1024;

    /// <summary>Around the original's bytes: names, reason, place and time.</summary>
    const int Frame = 16 * 1024;

    /// <summary>Reads a payment as every part of the program does that looks at `transactions`.</summary>
    public static RejectReason? TryRead(this TransactionReader reader, in TopicRecord record, TransactionRows rows) => record.Key.Length > LongestKey
        ? new RejectReason(RejectCodes.TooLong, $"its key has {record.Key.Length:N0} bytes; at most {LongestKey:N0} are taken")
        : reader.TryRead(record.Value.Span, rows);

    /// <summary>Adds a record to `rejected`, with all of its bytes where they fit.</summary>
    public static void AddRejected(this RecordBatch records, IMessageLog topics, in TopicRecord record, RejectReason reason, DateTimeOffset at)
    {
        var key = record.Key.Length > LongestKey ? default : record.Key;
        var room = topics.LongestRecord(TopicNames.Rejected) - key.Length;

        // Base64 makes four bytes of three.
        var most = (room - Math.Min(Frame, room / 2)) / 4 * 3;
        var excerpt = record.Value.Length > most ? Math.Min(most, LongestExcerpt) : (int?)null;
        var rejected = new RejectedRecord(reason, record.Partition.Topic, record.Partition.Partition, record.Offset, at, record.Value, excerpt);
        records.Add(TopicNames.Rejected, key.Span, rejected, static (into, rejected) => rejected.Write(into));
    }
}
