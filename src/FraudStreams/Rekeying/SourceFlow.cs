using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Rekeying;

/// <summary>From the chunks of a topic of others, by partition, to batches in the order of event time.</summary>
static class SourceFlow
{
    /// <summary>Most records of a batch: a transaction on Kafka costs some milliseconds however many it has.</summary>
    const int BatchRecords = 2000;

    /// <summary>One partition: that it has come, its chunks as far as there is room for them, and that it has gone.</summary>
    /// <param name="chunks">Those of the source, perhaps counted or stopped.</param>
    public static Source<PartitionEvent, NotUsed> Of(TopicPartitionSource source, Source<IReadOnlyList<TopicRecord>, NotUsed> chunks, ReadSource reader)
    {
        var queue = new PartitionQueue(source.Partition);
        return Source.Single(new PartitionEvent(queue, null))
            .Concat(chunks
                .WatchTermination((none, ended) =>
                {
                    _ = ended.ContinueWith(
                        _ =>
                        {
                            // In this order: what is not being committed by now will not be.
                            queue.HasGone();
                            source.Abandon();
                        },
                        TaskScheduler.Default);
                    return none;
                })
                .SelectAsync(1, async records =>
                {
                    await queue.ReserveAsync();
                    return new PartitionEvent(queue, await reader.ReadAsync(records));
                }))
            .Concat(Source.Single(new PartitionEvent(queue, null, IsEnd: true)));
    }

    public static IGraph<FlowShape<PartitionEvent, IReadOnlyList<SourceRecord>>, NotUsed> Merge(IMessageLog topics, TopicSettings settings, string group, TimeProvider time) =>
        new MergeByTime(settings.SourcePartitions!.Value, BatchRecords, settings.Rekey.Wait, () => topics.StatusAsync(CancellationToken.None), group, time);
}
