using Akka.Streams.Dsl;
using Akka.Streams.Implementation;
using Akka.Streams.Kafka.Helpers;
using Akka.Streams.Kafka.Messages;
using Akka.Streams.Kafka.Settings;
using Akka.Streams.Kafka.Stages;
using Confluent.Kafka;

namespace Akka.Streams.Kafka.Dsl;

public static class KafkaConsumer
{
    /// <summary>
    /// A source for each partition that the group gives to this consumer, from the group's position on. A partition's source completes when the
    /// partition is taken back; it comes again as another source when it is given again.
    /// </summary>
    public static Source<(TopicPartition, Source<CommittableMessage<TKey, TValue>, NotUsed>), IControl> CommittablePartitionedSource<TKey, TValue>(
        ConsumerSettings<TKey, TValue> settings, IAutoSubscription subscription) =>
        new(Blueprint.Source<(TopicPartition, Source<CommittableMessage<TKey, TValue>, NotUsed>), IControl>(context =>
        {
            var logic = new PartitionsLogic<TKey, TValue>(context, settings, ((TopicSubscription)subscription).Topics);
            return (logic, logic.Control);
        }));
}
