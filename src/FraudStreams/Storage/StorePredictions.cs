using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Storage;

/// <summary>
/// Writes batches of `predictions` to the store, then commits the group's offset. A record that is no prediction is published to `rejected` together with
/// that commit, so it cannot hold up the records after it.
/// </summary>
public sealed class StorePredictions
{
    readonly PredictionStore _store;
    readonly IMessageLog _topics;
    readonly string _group;
    readonly TimeProvider _time;

    StorePredictions(PredictionStore store, IMessageLog topics, string group, TimeProvider time)
    {
        _store = store;
        _topics = topics;
        _group = group;
        _time = time;
    }

    /// <summary>Emits the result of each batch once its offset is committed. A batch holds at least one record, all of one partition and in order.</summary>
    public static Flow<IReadOnlyList<TopicRecord>, StoredBatch, NotUsed> Flow(
        PredictionStore store, IMessageLog topics, string group, TimeProvider time)
    {
        var stage = new StorePredictions(store, topics, group, time);
        return Akka.Streams.Dsl.Flow.Create<IReadOnlyList<TopicRecord>>().SelectAsync(1, stage.StoreAsync);
    }

    async Task<StoredBatch> StoreAsync(IReadOnlyList<TopicRecord> records)
    {
        var stored = await _store.WriteAsync(records);
        await _topics.PublishAsync(Outgoing(stored, records[^1]), CancellationToken.None);
        return stored;
    }

    RecordBatch Outgoing(StoredBatch stored, TopicRecord last)
    {
        var outgoing = new RecordBatch(stored.Unreadable.Length)
        {
            Position = new ConsumerOffset(_group, last.Partition, last.Offset + 1),
        };
        foreach (var (record, reason) in stored.Unreadable)
            outgoing.AddRejected(_topics, record, reason, _time.GetUtcNow());
        return outgoing;
    }
}
