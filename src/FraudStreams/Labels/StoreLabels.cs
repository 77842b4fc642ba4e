using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Storage;
using FraudStreams.Topics;

namespace FraudStreams.Labels;

/// <summary>
/// Writes batches of `labels` to the store, then publishes records that are no labels to `rejected` and commits the group's offset. Writing a batch
/// again changes nothing.
/// </summary>
public static class StoreLabels
{
    /// <summary>Emits each batch once its offset is committed.</summary>
    public static Flow<LabelBatch, LabelBatch, NotUsed> Flow(
        PredictionStore store, IMessageLog topics, string group, TimeProvider time) =>
        Akka.Streams.Dsl.Flow.Create<LabelBatch>().SelectAsync(1, async batch =>
        {
            await store.WriteAsync(batch.Labels);
            await topics.PublishAsync(Outgoing(batch, topics, group, time), CancellationToken.None);
            return batch;
        });

    static RecordBatch Outgoing(LabelBatch batch, IMessageLog topics, string group, TimeProvider time)
    {
        var outgoing = new RecordBatch(batch.Unreadable.Length)
        {
            Position = new ConsumerOffset(group, batch.Last.Partition, batch.Last.Offset + 1),
        };
        foreach (var (record, reason) in batch.Unreadable)
            outgoing.AddRejected(topics, record, reason, time.GetUtcNow());
        return outgoing;
    }
}
