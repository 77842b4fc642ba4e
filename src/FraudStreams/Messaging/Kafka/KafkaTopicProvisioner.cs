using System.Collections.Immutable;
using Confluent.Kafka.Admin;
using FraudStreams.Topics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Makes topics at the start, and checks those that are there.</summary>
/// <remarks>
/// The broker's clock dates the records: with the producers' own times a broker refuses what is dated more than an hour ahead of it
/// (message.timestamp.after.max.ms), and a host with a wrong clock would stand still.
/// </remarks>
static class KafkaTopicProvisioner
{
    /// <param name="configuration">What a topic that is made is told, beside the broker's own settings.</param>
    /// <exception cref="MessageLogException">No broker answers, a topic cannot be made, or one has another number of partitions.</exception>
    public static async Task MakeAsync(
        KafkaAdmin admin, KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, Dictionary<string, string>? configuration, CancellationToken ct)
    {
        var found = await admin.PartitionsAsync(ct);
        var missing = partitions.Where(topic => !found.ContainsKey(settings.Prefix + topic.Key)).Select(topic => new TopicSpecification
        {
            Name = settings.Prefix + topic.Key,
            NumPartitions = topic.Value,
            ReplicationFactor = settings.Replicas ?? -1,
            Configs = new Dictionary<string, string>(configuration ?? []) { ["message.timestamp.type"] = "LogAppendTime" },
        }).ToArray();
        if (missing.Length > 0)
        {
            await admin.CreateAsync(missing, ct);
            found = await admin.PartitionsAsync(ct);
        }

        foreach (var (topic, wanted) in partitions)
        {
            if (found.TryGetValue(settings.Prefix + topic, out var actual) && actual != wanted)
                throw new MessageLogException($"{OtherPartitions(settings, topic, actual, wanted)} (fraudstreams.topics.partitions of transactions and predictions, 1 of the others)");
        }
    }

    public static string OtherPartitions(KafkaSettings settings, string topic, int actual, int wanted) =>
        $"Topic {settings.Prefix}{topic} at {settings.BootstrapServers} has {actual} partitions and {wanted} were expected";
}
