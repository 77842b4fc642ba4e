using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Topics;

/// <summary>Turns records that cannot be used into dead letters in `rejected`, and limits how long a record's key may be.</summary>
static class DeadLetters
{
    /// <summary>A key is a card or an id. A longer one is neither, and would not fit beside a prediction.</summary>
    public const int LongestKey = 4096;

    /// <summary>The maximum excerpt, in bytes, of a record that does not fit: the rest is in the topic it came from.</summary>
    const int LongestExcerpt = 64 * 1024;

    /// <summary>Room for what surrounds the original's bytes: names, reason, partition, offset and time.</summary>
    const int Frame = 16 * 1024;

    /// <summary>Parses a payment of `transactions`, with the limit of the key that every reader of the topic applies.</summary>
    public static RejectReason? Read(this TransactionReader reader, in TopicRecord record, TransactionRows rows) => record.Key.Length > LongestKey
        ? new RejectReason(RejectCodes.TooLong, $"its key has {record.Key.Length:N0} bytes; at most {LongestKey:N0} are taken")
        : reader.Read(record.Value.Span, rows);

    /// <summary>Adds a dead letter for the record to `rejected`, with all of its bytes if they fit.</summary>
    public static void AddRejected(this RecordBatch records, IMessageLog topics, in TopicRecord record, RejectReason reason, DateTimeOffset at)
    {
        var key = record.Key.Length > LongestKey ? default : record.Key;
        var room = topics.LongestRecord(TopicNames.Rejected) - key.Length;

        // Base64 makes four bytes of three.
        var most = (room - Math.Min(Frame, room / 2)) / 4 * 3;
        var excerpt = record.Value.Length > most ? Math.Min(most, LongestExcerpt) : (int?)null;
        var rejected = new RejectedRecord(reason, topics.NameOf(record.Partition.Topic), record.Partition.Partition, record.Offset, at, record.Value, excerpt);
        records.Add(TopicNames.Rejected, key.Span, rejected, static (into, rejected) => rejected.Write(into));
    }
}
