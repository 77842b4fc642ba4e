using System.Collections.Immutable;
using Confluent.Kafka.Admin;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Creates missing topics at start, and checks the partition counts of existing ones.</summary>
/// <remarks>
/// Records carry the broker's time: with the producers' own timestamps a broker refuses records dated more than an hour ahead of it
/// (message.timestamp.after.max.ms), and a host with a wrong clock could not publish.
/// </remarks>
static class KafkaTopicProvisioner
{
    /// <param name="configurationOf">Configuration of a created topic, on top of the broker's defaults.</param>
    /// <exception cref="MessageLogException">No broker answers, a topic cannot be created, or one has a different partition count.</exception>
    public static async Task EnsureAsync(
        KafkaAdmin admin, KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, Func<string, Dictionary<string, string>?> configurationOf,
        CancellationToken cancellationToken)
    {
        var found = await admin.PartitionsAsync(cancellationToken);
        var missing = partitions.Where(topic => !found.ContainsKey(settings.Prefix + topic.Key)).Select(topic => new TopicSpecification
        {
            Name = settings.Prefix + topic.Key,
            NumPartitions = topic.Value,
            ReplicationFactor = settings.Replicas ?? -1,
            Configs = new Dictionary<string, string>(configurationOf(topic.Key) ?? []) { ["message.timestamp.type"] = "LogAppendTime" },
        }).ToArray();
        if (missing.Length > 0)
        {
            await admin.CreateAsync(missing, cancellationToken);
            found = await admin.PartitionsAsync(cancellationToken);
        }

        foreach (var (topic, wanted) in partitions)
        {
            if (found.TryGetValue(settings.Prefix + topic, out var actual) && actual != wanted)
                throw new MessageLogException(
                    $"{CountMismatch(settings, topic, actual, wanted)} (fraudstreams.topics.partitions of transactions, predictions and shadow, 1 of the others)");
        }
    }

    public static string CountMismatch(KafkaSettings settings, string topic, int actual, int wanted) =>
        $"Topic {settings.Prefix}{topic} at {settings.BootstrapServers} has {actual} partitions and {wanted} were expected";
}
