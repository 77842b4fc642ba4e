using System.Text.Json;
using FraudStreams.Alerting.Channels;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Puts settled alerts on record: delivered ones in topic `alerts`, one record each; what was refused for good in `undelivered`, with the reason and
/// the text, so that it can still be sent by hand. The place in the journal goes with them, as a position, so each is on record once. Outlives the
/// partition's desk: one whose journal failed may leave a write under way, and the next must not look how far records are before that has ended.
/// </summary>
sealed class DeliveryLog(IMessageLog topics, int partition)
{
    /// <summary>Alerts of one publish, and a few more where one message brought many.</summary>
    public const int AtOnce = 1000;

    /// <summary>The desk's journal as a partition of which topics keep the position.</summary>
    readonly TopicPartition _journal = new("alert-journal", partition);
    Task _underWay = Task.CompletedTask;

    /// <summary>The number of the last event whose alerts are on record.</summary>
    public async Task<long> LastAsync()
    {
        await _underWay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await topics.PositionAsync(ConsumerGroups.DeliveryLog, _journal, CancellationToken.None) - 1;
    }

    public Task WriteAsync(IReadOnlyCollection<SettledAlert> records, long upTo)
    {
        var outgoing = new RecordBatch(records.Count) { Position = new ConsumerOffset(ConsumerGroups.DeliveryLog, _journal, upTo + 1) };
        foreach (var record in records)
        {
            var key = Convert.FromBase64String(record.Alert.Key);
            if (record.Settled.Any(settled => settled.MessageId is not null))
                outgoing.Add(TopicNames.Alerts, key, record, static (into, record) => WriteDelivered(new Utf8JsonWriter(into), record));
            foreach (var settled in record.Settled)
            {
                foreach (var refusal in settled.Refusals)
                    outgoing.Add(TopicNames.Undelivered, key, (record, settled, refusal), static (into, r) => WriteRefused(new Utf8JsonWriter(into), r.record, r.settled, r.refusal));
            }
        }

        return _underWay = topics.PublishAsync(outgoing, CancellationToken.None);
    }

    static void WriteDelivered(Utf8JsonWriter writer, SettledAlert record)
    {
        using var json = writer;
        var delivered = record.Settled.Where(settled => settled.MessageId is not null).ToArray();
        json.WriteStartObject();
        json.WriteString("transaction", record.Alert.TransactionId);
        json.WriteString("alerted_at", Time(delivered[0].At));
        json.WriteString("channel", string.Join(", ", delivered.Select(settled => settled.Where)));
        json.WriteString("message_id", delivered[0].MessageId);
        json.WriteEndObject();
    }

    static void WriteRefused(Utf8JsonWriter writer, SettledAlert record, AlertsSettled settled, Refusal refusal)
    {
        using var json = writer;
        json.WriteStartObject();
        json.WriteString("transaction", record.Alert.TransactionId);
        json.WriteString("refused_at", Time(settled.At));
        json.WriteString("channel", settled.Where);
        if (refusal.Recipient.Length > 0)
            json.WriteString("recipient", refusal.Recipient);
        json.WriteString("reason", refusal.Reason);
        json.WriteString("subject", record.Alert.Subject);
        json.WriteString("text", record.Alert.Body);
        json.WriteEndObject();
    }

    static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
