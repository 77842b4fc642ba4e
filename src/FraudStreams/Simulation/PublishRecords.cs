using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Simulation;

/// <summary>Publishes batches with their offsets, one after the other, and counts the records.</summary>
public static class PublishRecords
{
    public static Flow<RecordBatch, Done, NotUsed> Flow(IMessageLog topics, StreamMetrics metrics, TraceSample traces) =>
        Akka.Streams.Dsl.Flow.Create<RecordBatch>().SelectAsync(1, async records =>
        {
            metrics.Sent(TopicNames.Transactions, await topics.PublishTracedAsync(records, traces, null, CancellationToken.None));
            return Done.Instance;
        });
}
