using System.Collections.Immutable;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>End offsets of topics and committed offsets of groups, queried without joining a group.</summary>
/// <param name="layout">Has the expected partition count of each topic. Lag is computed over the actual partitions.</param>
sealed class KafkaStatus(KafkaSettings settings, LogLayout layout, KafkaAdmin admin)
{
    /// <returns>Null if the cluster has none of the topics.</returns>
    /// <exception cref="MessageLogException">A broker does not answer in time, or only some of the topics are missing.</exception>
    public async Task<MessageLogStatus?> ReadAsync(CancellationToken cancellationToken)
    {
        var expected = layout.Partitions;
        var actual = await admin.PartitionsAsync(cancellationToken);
        var missing = expected.Keys.Where(topic => !actual.ContainsKey(settings.Prefix + topic)).ToArray();
        if (missing.Length == expected.Count)
            return null;
        if (missing.Length > 0)
            throw new MessageLogException($"Topic {settings.Prefix}{missing[0]} is missing at {settings.BootstrapServers}: `fraudstreams run` creates it");
        var partitions = expected.ToDictionary(topic => topic.Key, topic => All(topic.Key, actual[settings.Prefix + topic.Key]));

        // The groups first: what one has committed, it has published before. The other way round a group's output that comes in between would be no lag of the next.
        var positions = await Task.WhenAll(layout.Consumers.Select(of => admin.PositionsAsync(of.Group, partitions[of.Topic], cancellationToken)));
        var bounds = await BoundsAsync(partitions, cancellationToken);
        var topics = partitions.Select(topic => new TopicStatus(
            topic.Key, topic.Value.Length, topic.Value.Sum(partition => bounds[partition].End), topic.Value.Sum(partition => bounds[partition].End - bounds[partition].First)));
        var lags = new List<GroupLag>();
        var byPartition = ImmutableArray.CreateBuilder<PartitionLag>();
        foreach (var ((group, topic), position) in layout.Consumers.Zip(positions))
        {
            var of = partitions[topic].Select(partition => bounds[partition]).ToArray();
            var byNumber = of.Zip(position, LagOf).ToArray();
            lags.Add(new GroupLag(group, topic, position.Sum(next => Math.Max(0, next)), byNumber.Sum()));
            byPartition.AddRange(byNumber.Select((lag, number) => new PartitionLag(group, new TopicPartition(topic, number), lag, of[number].End)));
        }

        var faults = expected.Where(topic => partitions[topic.Key].Length != topic.Value)
            .Select(topic => $"{KafkaTopicProvisioner.CountMismatch(settings, topic.Key, partitions[topic.Key].Length, topic.Value)}: "
                + "partitions beyond those are not read. Stop all hosts and set fraudstreams.topics.partitions; the windows of cards that moved start empty");
        return new MessageLogStatus([.. topics], [.. lags]) { Faults = [.. faults], ByPartition = byPartition.ToImmutable() };
    }

    async Task<Dictionary<KafkaPartition, WatermarkOffsets>> BoundsAsync(Dictionary<string, KafkaPartition[]> partitions, CancellationToken cancellationToken)
    {
        var all = partitions.Values.SelectMany(of => of).ToArray();
        return all.Zip(await admin.BoundsAsync(all, cancellationToken)).ToDictionary(of => of.First, of => of.Second);
    }

    /// <summary>Records removed by retention are no lag: a group behind the first retained offset continues there.</summary>
    static long LagOf(WatermarkOffsets bounds, long position) => Math.Max(0, bounds.End - Math.Max(bounds.First, position));

    KafkaPartition[] All(string topic, int partitions) =>
        [.. Enumerable.Range(0, partitions).Select(number => new KafkaPartition(settings.Prefix + topic, number))];
}
