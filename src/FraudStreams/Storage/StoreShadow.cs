using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Model.Json;
using FraudStreams.Topics;

namespace FraudStreams.Storage;

/// <summary>The result of storing a batch of `shadow`: new rows, and the records that are none of the challenger's.</summary>
public sealed record StoredShadow(long New, ImmutableArray<(TopicRecord Record, RejectReason Reason)> Unreadable);

/// <summary>
/// Writes batches of `shadow` to the store, then publishes records that cannot be read to `rejected` and commits the group's offset. Writing a batch again
/// changes nothing.
/// </summary>
static class StoreShadow
{
    /// <summary>Emits the result of each batch once its offset is committed. A batch holds at least one record, all of one partition and in order.</summary>
    public static Flow<IReadOnlyList<TopicRecord>, StoredShadow, NotUsed> Flow(PredictionStore store, IMessageLog topics, string group, TimeProvider time) =>
        Akka.Streams.Dsl.Flow.Create<IReadOnlyList<TopicRecord>>().SelectAsync(1, async records =>
        {
            var (scores, unreadable) = (new List<ShadowScore>(records.Count), ImmutableArray.CreateBuilder<(TopicRecord, RejectReason)>());
            foreach (var record in records)
            {
                if (ShadowReader.TryRead(record.Value, out var score, out var reason))
                    scores.Add(score);
                else
                    unreadable.Add((record, reason));
            }

            var stored = new StoredShadow(await store.WriteAsync(scores), unreadable.ToImmutable());
            await topics.PublishAsync(Outgoing(stored, records[^1], topics, group, time), CancellationToken.None);
            return stored;
        });

    static RecordBatch Outgoing(StoredShadow stored, TopicRecord last, IMessageLog topics, string group, TimeProvider time)
    {
        var outgoing = new RecordBatch(stored.Unreadable.Length) { Position = new ConsumerOffset(group, last.Partition, last.Offset + 1) };
        foreach (var (record, reason) in stored.Unreadable)
            outgoing.AddRejected(topics, record, reason, time.GetUtcNow());
        return outgoing;
    }
}
