using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;

namespace FraudStreams.Simulation;

/// <summary>Publishes batches with their positions, one after the other, and counts them.</summary>
public static class PublishRecords
{
    public static Flow<RecordBatch, Done, NotUsed> Flow(IMessageLog topics, StreamCounters counters) =>
        Akka.Streams.Dsl.Flow.Create<RecordBatch>().SelectAsync(1, async records =>
        {
            counters.Produced(await topics.PublishAsync(records, CancellationToken.None));
            return Done.Instance;
        });
}
