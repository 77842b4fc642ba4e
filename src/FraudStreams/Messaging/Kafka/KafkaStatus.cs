using System.Collections.Immutable;
using FraudStreams.Topics;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Where topics end and groups stand, asked of the brokers without joining a group.</summary>
sealed class KafkaStatus(KafkaSettings settings, KafkaAdmin admin)
{
    /// <param name="expected">The topics and how many partitions each is to have. What a topic really has counts for its lag.</param>
    /// <returns>Null where the cluster has none of the topics.</returns>
    /// <exception cref="MessageLogException">A broker does not answer in time, or a topic is missing beside others.</exception>
    public async Task<MessageLogStatus?> ReadAsync(ImmutableSortedDictionary<string, int> expected, CancellationToken ct)
    {
        var actual = await admin.PartitionsAsync(ct);
        var missing = expected.Keys.Where(topic => !actual.ContainsKey(settings.Prefix + topic)).ToArray();
        if (missing.Length == expected.Count)
            return null;
        if (missing.Length > 0)
            throw new MessageLogException($"Topic {settings.Prefix}{missing[0]} is missing at {settings.BootstrapServers}: `fraudstreams run` makes it");
        var partitions = expected.ToDictionary(topic => topic.Key, topic => All(topic.Key, actual[settings.Prefix + topic.Key]));
        var positions = ConsumerGroups.Consumers.Select(of => admin.PositionsAsync(of.Group, partitions[of.Topic], ct)).ToArray();
        var bounds = await BoundsAsync(partitions, ct);
        var topics = partitions.Select(topic => new TopicStatus(
            topic.Key, topic.Value.Length, topic.Value.Sum(partition => bounds[partition].End), topic.Value.Sum(partition => bounds[partition].End - bounds[partition].First)));
        var lags = new List<GroupLag>();
        foreach (var ((group, topic), position) in ConsumerGroups.Consumers.Zip(await Task.WhenAll(positions)))
            lags.Add(LagOf(group, topic, partitions[topic].Select(partition => bounds[partition]), position));
        var faults = expected.Where(topic => partitions[topic.Key].Length != topic.Value)
            .Select(topic => $"{KafkaTopicProvisioner.OtherPartitions(settings, topic.Key, partitions[topic.Key].Length, topic.Value)}: those past them are not read. Stop all hosts and set fraudstreams.topics.partitions; windows of cards that moved begin anew");
        return new MessageLogStatus([.. topics], [.. lags]) { Faults = [.. faults] };
    }

    async Task<Dictionary<KafkaPartition, WatermarkOffsets>> BoundsAsync(Dictionary<string, KafkaPartition[]> partitions, CancellationToken ct)
    {
        var all = partitions.Values.SelectMany(of => of).ToArray();
        return all.Zip(await admin.BoundsAsync(all, ct)).ToDictionary(of => of.First, of => of.Second);
    }

    static GroupLag LagOf(string group, string topic, IEnumerable<WatermarkOffsets> bounds, long[] positions)
    {
        // What retention took is nobody's lag: a group behind the log's beginning goes on there.
        var lag = bounds.Zip(positions, (bound, position) => Math.Max(0, bound.End - Math.Max(bound.First, position))).Sum();
        return new GroupLag(group, topic, positions.Sum(position => Math.Max(0, position)), lag);
    }

    KafkaPartition[] All(string topic, int partitions) =>
        [.. Enumerable.Range(0, partitions).Select(number => new KafkaPartition(settings.Prefix + topic, number))];
}
