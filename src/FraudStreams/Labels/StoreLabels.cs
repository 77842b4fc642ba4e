using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Model.Formats;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Labels;

/// <summary>
/// Batches of `labels` into the store, and only then the group's position, with what was no label going to `rejected`. A batch that comes
/// again changes nothing.
/// </summary>
public static class StoreLabels
{
    /// <summary>Emits each batch once its position is committed.</summary>
    public static Flow<LabelBatch, LabelBatch, NotUsed> Flow(
        PredictionStore store, ITopics topics, string group, string rejectedTopic, TimeProvider time) =>
        Akka.Streams.Dsl.Flow.Create<LabelBatch>().SelectAsync(1, async batch =>
        {
            await store.WriteAsync(batch.Labels);
            await topics.PublishAsync(Outgoing(batch, group, rejectedTopic, time), CancellationToken.None);
            return batch;
        });

    static OutgoingRecords Outgoing(LabelBatch batch, string group, string rejectedTopic, TimeProvider time)
    {
        var outgoing = new OutgoingRecords(batch.Unreadable.Length)
        {
            Position = new GroupPosition(group, batch.Last.Partition, batch.Last.Offset + 1),
        };
        foreach (var (record, reason) in batch.Unreadable)
        {
            var rejected = new RejectedRecord(
                reason, record.Partition.Topic, record.Partition.Partition, record.Offset, time.GetUtcNow(), record.Value);
            outgoing.Add(rejectedTopic, record.Key.Span, rejected, static (into, rejected) => rejected.Write(into));
        }

        return outgoing;
    }
}
