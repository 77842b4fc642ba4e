using System.Text.Json;
using FraudStreams.Alerting.Channels;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Writes settled alerts to the topics: delivered ones to `alerts`, one record each; what was refused for good to `undelivered`, with the reason and
/// the text, so that it can still be sent by hand. The journal position is committed in the same batch, so each alert is written once. Outlives the
/// partition's outbox: one whose journal failed may leave a write in flight, and the next must not read the position before that write has ended.
/// </summary>
sealed class DeliveryLog(IMessageLog topics, AlertTemplate template, int partition)
{
    /// <summary>Alerts per batch, and a few more where one event settled many.</summary>
    public const int BatchSize = 1000;

    /// <summary>The outbox's journal as a partition, whose position the message log keeps.</summary>
    readonly TopicPartition _journal = new("alert-journal", partition);
    Task _inFlight = Task.CompletedTask;

    /// <summary>The number of the last event whose alerts are in the log, or -1.</summary>
    public async Task<long> LastAsync()
    {
        await _inFlight.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await topics.PositionAsync(ConsumerGroups.DeliveryLog, _journal, CancellationToken.None) - 1;
    }

    public Task WriteAsync(IReadOnlyCollection<SettledAlert> alerts, long upTo)
    {
        var batch = new RecordBatch(alerts.Count) { Position = new ConsumerOffset(ConsumerGroups.DeliveryLog, _journal, upTo + 1) };
        foreach (var alert in alerts)
        {
            var key = Convert.FromBase64String(alert.Alert.Key);
            if (alert.Settled.Any(settled => settled.MessageId is not null))
                batch.Add(TopicNames.Alerts, key, alert, static (into, alert) => WriteDelivered(new Utf8JsonWriter(into), alert));
            foreach (var settled in alert.Settled)
            {
                foreach (var refusal in settled.Refusals)
                    batch.Add(TopicNames.Undelivered, key, (alert, settled, refusal), (into, r) => WriteRefused(new Utf8JsonWriter(into), r.alert, r.settled, r.refusal));
            }
        }

        return _inFlight = topics.PublishAsync(batch, CancellationToken.None);
    }

    static void WriteDelivered(Utf8JsonWriter writer, SettledAlert alert)
    {
        using var json = writer;
        var delivered = alert.Settled.Where(settled => settled.MessageId is not null).ToArray();
        json.WriteStartObject();
        json.WriteString("transaction", alert.Alert.TransactionId);
        json.WriteString("alerted_at", Time(delivered[0].At));
        json.WriteString("channel", string.Join(", ", delivered.Select(settled => settled.Where)));
        json.WriteString("message_id", delivered[0].MessageId);
        json.WriteEndObject();
    }

    void WriteRefused(Utf8JsonWriter writer, SettledAlert alert, AlertsSettled settled, Refusal refusal)
    {
        using var json = writer;
        json.WriteStartObject();
        json.WriteString("transaction", alert.Alert.TransactionId);
        json.WriteString("refused_at", Time(settled.At));
        json.WriteString("channel", settled.Where);
        if (refusal.Recipient.Length > 0)
            json.WriteString("recipient", refusal.Recipient);
        json.WriteString("reason", refusal.Reason);
        json.WriteString("subject", template.Subject(alert.Alert));
        json.WriteString("text", template.Text(alert.Alert));
        json.WriteEndObject();
    }

    static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
