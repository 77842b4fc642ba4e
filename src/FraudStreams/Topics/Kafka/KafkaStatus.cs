using System.Collections.Immutable;
using Confluent.Kafka;

namespace FraudStreams.Topics.Kafka;

/// <summary>Where topics end and groups stand, asked of the brokers without joining a group. One question at a time.</summary>
sealed class KafkaStatus(KafkaSettings settings) : IDisposable
{
    static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    readonly Lock _gate = new();
    readonly ClientFault _fault = new();
    readonly Dictionary<string, IConsumer<byte[], byte[]>> _observers = [];

    public TopicsStatus Read(ImmutableSortedDictionary<string, int> partitions)
    {
        lock (_gate)
        {
            try
            {
                var ends = new Dictionary<string, long[]>();
                var topics = ImmutableArray.CreateBuilder<TopicStatus>();
                var all = PartitionBounds.Read(Observer("status"), [.. partitions.SelectMany(topic => All(topic.Key, topic.Value))], settings.Timeout);
                var before = 0;
                foreach (var (topic, count) in partitions)
                {
                    var bounds = all.AsSpan(before, count).ToArray();
                    before += count;
                    ends[topic] = [.. bounds.Select(bound => bound.End)];
                    topics.Add(new TopicStatus(topic, count, ends[topic].Sum(), bounds.Sum(bound => bound.End - bound.First)));
                }

                return new TopicsStatus(topics.ToImmutable(), [.. Groups.Consumers.Select(of => LagOf(of.Group, of.Topic, ends[of.Topic]))]);
            }
            catch (KafkaException e)
            {
                throw new TopicsException($"The status of the topics at {settings.BootstrapServers} cannot be read: {_fault.Explain(e)}", e);
            }
        }
    }

    public long Committed(string group, TopicPartition partition)
    {
        lock (_gate)
            return PositionsOf(group, [new(settings.Prefix + partition.Topic, partition.Partition)])[0];
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
        var committed = PositionsOf(group, All(topic, ends.Length));
        return new GroupLag(group, topic, committed.Sum(), ends.Zip(committed, (end, position) => Math.Max(0, end - position)).Sum());
    }

    /// <summary>The group's coordinator may be on its way to another broker, or still reading: it is asked until the time is up.</summary>
    long[] PositionsOf(string group, IEnumerable<Confluent.Kafka.TopicPartition> partitions)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return [.. Observer(group).Committed(partitions, settings.Timeout).Select(position => Math.Max(0, position.Offset.Value))];
            }
            catch (KafkaException e) when (IsOnItsWay(e.Error.Code) && TimeProvider.System.GetElapsedTime(started) < settings.Timeout)
            {
                Observer(group).Consume(Again);
            }
        }
    }

    static bool IsOnItsWay(ErrorCode code) =>
        code is ErrorCode.NotCoordinatorForGroup or ErrorCode.GroupLoadInProgress or ErrorCode.GroupCoordinatorNotAvailable;

    IEnumerable<Confluent.Kafka.TopicPartition> All(string topic, int partitions) =>
        Enumerable.Range(0, partitions).Select(number => new Confluent.Kafka.TopicPartition(settings.Prefix + topic, number));

    IConsumer<byte[], byte[]> Observer(string group)
    {
        if (!_observers.TryGetValue(group, out var observer))
        {
            _observers[group] = observer = new ConsumerBuilder<byte[], byte[]>(
                    settings.Properties.SetItem("group.id", settings.Prefix + group).SetItem("enable.auto.commit", "false"))
                .SetLogHandler((_, _) => { })
                .SetErrorHandler((_, error) => _fault.Note(error))
                .Build();
        }

        return observer;
    }
}
