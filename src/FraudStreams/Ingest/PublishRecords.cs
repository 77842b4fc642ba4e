using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Monitoring;
using FraudStreams.Topics;

namespace FraudStreams.Ingest;

/// <summary>Publishes batches with their positions, one after the other, and counts them.</summary>
public static class PublishRecords
{
    public static Flow<OutgoingRecords, Done, NotUsed> Flow(ITopics topics, StreamCounters counters) =>
        Akka.Streams.Dsl.Flow.Create<OutgoingRecords>().SelectAsync(1, async records =>
        {
            var count = records.Count;
            await topics.PublishAsync(records, CancellationToken.None);
            counters.Produced(count);
            return Done.Instance;
        });
}
