using System.Collections.Immutable;
using Confluent.Kafka;

namespace FraudStreams.Topics.Kafka;

/// <summary>Where topics end and groups stand, asked of the brokers without joining a group. One question at a time.</summary>
sealed class KafkaStatus(KafkaSettings settings) : IDisposable
{
    readonly Lock _gate = new();
    readonly Dictionary<string, IConsumer<byte[], byte[]>> _observers = [];

    public TopicsStatus Read(ImmutableSortedDictionary<string, int> partitions)
    {
        lock (_gate)
        {
            try
            {
                var ends = new Dictionary<string, long[]>();
                var topics = ImmutableArray.CreateBuilder<TopicStatus>();
                foreach (var (topic, count) in partitions)
                {
                    var bounds = All(topic, count).Select(partition => Observer("status").QueryWatermarkOffsets(partition, settings.Timeout)).ToArray();
                    ends[topic] = [.. bounds.Select(bound => bound.High.Value)];
                    topics.Add(new TopicStatus(topic, count, ends[topic].Sum(), bounds.Sum(bound => bound.High.Value - bound.Low.Value)));
                }

                return new TopicsStatus(topics.ToImmutable(), [.. Groups.Consumers.Select(of => LagOf(of.Group, of.Topic, ends[of.Topic]))]);
            }
            catch (KafkaException e)
            {
                throw new TopicsException($"The status of the topics at {settings.BootstrapServers} cannot be read: {e.Error.Reason}", e);
            }
        }
    }

    public long Committed(string group, TopicPartition partition)
    {
        lock (_gate)
            return Math.Max(0, Observer(group).Committed([new(settings.Prefix + partition.Topic, partition.Partition)], settings.Timeout)[0].Offset.Value);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var observer in _observers.Values)
                observer.Dispose();
            _observers.Clear();
        }
    }

    GroupLag LagOf(string group, string topic, long[] ends)
    {
        var committed = Observer(group).Committed(All(topic, ends.Length), settings.Timeout).Select(position => Math.Max(0, position.Offset.Value)).ToArray();
        return new GroupLag(group, topic, committed.Sum(), ends.Zip(committed, (end, position) => Math.Max(0, end - position)).Sum());
    }

    IEnumerable<Confluent.Kafka.TopicPartition> All(string topic, int partitions) =>
        Enumerable.Range(0, partitions).Select(number => new Confluent.Kafka.TopicPartition(settings.Prefix + topic, number));

    IConsumer<byte[], byte[]> Observer(string group)
    {
        if (!_observers.TryGetValue(group, out var observer))
        {
            _observers[group] = observer = new ConsumerBuilder<byte[], byte[]>(
                    settings.Properties.SetItem("group.id", settings.Prefix + group).SetItem("enable.auto.commit", "false"))
                .SetLogHandler((_, _) => { })
                .SetErrorHandler((_, _) => { })
                .Build();
        }

        return observer;
    }
}
