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
            counters.Produced(await topics.PublishAsync(records, CancellationToken.None));
            return Done.Instance;
        });
}
