using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Pipelines;

/// <summary>The message log of the stream, embedded or on Kafka as the settings say, with the topics and groups of its pipelines.</summary>
static class StreamTopics
{
    /// <param name="isFeedReplayed">As <see cref="CheckpointedProducer.IsReplayed"/> of the simulator.</param>
    public static LogLayout Layout(TopicSettings settings, bool isFeedReplayed = true) => new(
        settings.PartitionsOfTopics,
        [.. settings.Consumers],
        [
            new CheckpointedProducer(ConsumerGroups.Simulate, [TopicNames.Transactions], IsOneRecordAStep: true) { IsReplayed = isFeedReplayed },
            new CheckpointedProducer(ConsumerGroups.DeliveryLog, [TopicNames.Alerts, TopicNames.Undelivered], IsOneRecordAStep: false),
        ])
    {
        Kept = [TopicNames.Drift],
    };

    /// <summary>Opens the log, and makes the topics that are missing.</summary>
    /// <param name="log">Takes warnings of clients that connect again.</param>
    /// <param name="time">The clock of timestamps and polls.</param>
    /// <param name="onStandby">Called each time that this process has to wait for a group.</param>
    /// <param name="sideTopic">One more topic, with the partitions of `transactions`.</param>
    /// <param name="announced">Where this process answers over HTTP, for the other members of its groups; null where it does not.</param>
    public static IMessageLog Open(FraudSettings settings, ILogger log, TimeProvider time, Action<GroupStandby>? onStandby = null, string? sideTopic = null, Uri? announced = null)
    {
        settings = Resolved(settings);
        var layout = Layout(settings.Topics, settings.Simulate.IsReplayed);
        if (sideTopic is not null)
            layout = layout with { Partitions = layout.Partitions.Add(sideTopic, settings.Topics.Partitions) };
        return Open(settings, layout, settings.Topics.Retention, log, time, onStandby ?? (_ => { }), announced);
    }

    /// <summary>Opens the log under the names that its topics have.</summary>
    static IMessageLog Open(FraudSettings settings, LogLayout layout, RetentionSettings retention, ILogger log, TimeProvider time, Action<GroupStandby> onStandby, Uri? announced = null)
    {
        var topics = settings.Topics;
        layout = RenamedLog.Layout(layout, topics);
        return RenamedLog.Of(
            topics.Kafka is { } kafka
                ? KafkaMessageLog.Open(kafka with { Announced = announced, PlaceOf = CardTokens.PlaceOf, SchemaIdTopic = topics.Registry is null ? null : topics.NameOf(TopicNames.Source) }, layout, log)
                : EmbeddedMessageLog.Open((topics with { Retention = retention }).Embedded(settings.DataDirectory) with { Partitions = layout.Partitions, PlaceOf = CardTokens.PlaceOf }, time, onStandby),
            topics.Names);
    }

    /// <summary>
    /// The settings with what is known of a topic of others: whether `transactions` is filled from one, and how many partitions it has. Where that is still to
    /// be decided, at the first start, it is not.
    /// </summary>
    /// <exception cref="MessageLogException">The topics cannot be read.</exception>
    public static FraudSettings Resolved(FraudSettings settings)
    {
        var topics = settings.Topics;
        if (topics.Rekey.Mode == RekeyMode.Off || topics.SourcePartitions is not null)
            return settings;
        var found = PartitionsFound(settings);
        return settings with
        {
            Topics = topics.Rekey.Mode == RekeyMode.On || found.ContainsKey(topics.RekeyedName)
                ? topics.WithSource(found.TryGetValue(topics.NameOf(TopicNames.Transactions), out var count) ? count : null)
                : topics.WithoutSource(),
        };
    }

    /// <summary>How many partitions each topic has, by what it is called; nothing is made by looking.</summary>
    /// <exception cref="MessageLogException">The topics cannot be read.</exception>
    public static IReadOnlyDictionary<string, int> PartitionsFound(FraudSettings settings)
    {
        if (settings.Topics.Kafka is not { } kafka)
            return EmbeddedLog.ReadStatus(settings.DataDirectory)?.Topics.ToDictionary(topic => topic.Topic, topic => topic.Partitions) ?? [];
        using var admin = new KafkaAdmin(kafka);
        return admin.PartitionsAsync(CancellationToken.None).GetAwaiter().GetResult()
            .Where(topic => topic.Key.StartsWith(kafka.Prefix, StringComparison.Ordinal)).ToDictionary(topic => topic.Key[kafka.Prefix.Length..], topic => topic.Value);
    }

    /// <summary>
    /// Opens the topic of the model registry alone, and makes it where it is missing: commands that train or promote do so beside a running stream or
    /// before the first one, whose topics they do not make.
    /// </summary>
    public static IMessageLog OpenRegistry(FraudSettings settings, ILogger log, TimeProvider time) => OpenKept(settings, TopicNames.Models, log, time);

    /// <summary>Opens the topic of what people did with cases, and makes it where it is missing.</summary>
    public static IMessageLog OpenCases(FraudSettings settings, ILogger log, TimeProvider time) => OpenKept(settings, TopicNames.Cases, log, time);

    /// <summary>Opens the topics of API keys and of audited changes, and makes them where they are missing.</summary>
    public static IMessageLog OpenAccess(FraudSettings settings, ILogger log, TimeProvider time) => OpenKept(settings, [TopicNames.Audit, TopicNames.Keys], log, time);

    static IMessageLog OpenKept(FraudSettings settings, string topic, ILogger log, TimeProvider time) => OpenKept(settings, [topic], log, time);

    static IMessageLog OpenKept(FraudSettings settings, string[] topics, ILogger log, TimeProvider time)
    {
        var layout = new LogLayout(topics.ToImmutableSortedDictionary(topic => topic, _ => 1), [], []) { Kept = [.. topics] };
        return Open(settings, layout, new RetentionSettings(), log, time, _ => { });
    }

    /// <summary>The first records that a topic retains, at most <paramref name="count"/> and of one partition, without opening anything; none where there are none.</summary>
    /// <exception cref="MessageLogException">The topic cannot be read.</exception>
    public static async Task<IReadOnlyList<TopicRecord>> FirstRecordsAsync(FraudSettings settings, string topic, int count, CancellationToken cancellationToken) =>
        Resolved(settings).Topics.NameOf(topic) is var name && settings.Topics.Kafka is { } kafka
            ? [.. (await KafkaReader.FirstRecordsAsync(kafka, name, cancellationToken)).Take(count)]
            : [.. EmbeddedLog.ReadRecords(settings.DataDirectory, name).Take(count)];

    /// <summary>Where topics end and groups stand, without opening anything; null where there are no topics.</summary>
    public static MessageLogStatus? ReadStatus(FraudSettings settings)
    {
        var topics = Resolved(settings).Topics;
        if (topics.Kafka is not { } kafka)
        {
            return EmbeddedLog.ReadStatus(settings.DataDirectory) is { } found && RenamedLog.Own(found, topics.Names) is var status
                && status.Topics.Any(topic => topic.Topic == TopicNames.Transactions) ? status : null;
        }

        using var admin = new KafkaAdmin(kafka);
        return new KafkaStatus(kafka, RenamedLog.Layout(Layout(topics), topics), admin).ReadAsync(CancellationToken.None).GetAwaiter().GetResult() is { } read
            ? RenamedLog.Own(read, topics.Names) : null;
    }

    /// <summary>The machines of hosts that consume topics on Kafka now, wherever their data folders are, and in which group; none where topics are embedded.</summary>
    /// <exception cref="MessageLogException">The cluster cannot be asked.</exception>
    public static async Task<ImmutableArray<(string Group, string Machine)>> MembersAsync(FraudSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Topics.Kafka is not { } kafka)
            return [];
        using var admin = new KafkaAdmin(kafka);
        var members = ConsumerGroups.Consumers.Select(async consumer => (await admin.MembersAsync(consumer.Group, cancellationToken)).Select(machine => (consumer.Group, machine))).ToArray();
        return [.. (await Task.WhenAll(members)).SelectMany(of => of)];
    }

    /// <summary>The retained records of a topic, partition by partition, without a group and without making anything; none where there is no such topic.</summary>
    public static async IAsyncEnumerable<TopicRecord> ReadRecordsAsync(FraudSettings settings, string topic, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        topic = Resolved(settings).Topics.NameOf(topic);
        if (settings.Topics.Kafka is not { } kafka)
        {
            foreach (var record in EmbeddedLog.ReadRecords(settings.DataDirectory, topic))
                yield return record;
            yield break;
        }

        using var admin = new KafkaAdmin(kafka);
        var partitions = (await admin.PartitionsAsync(cancellationToken)).GetValueOrDefault(kafka.Prefix + topic);
        for (var number = 0; number < partitions; number++)
        {
            await using var reader = new KafkaReader(kafka, admin, new TopicPartition(topic, number), 0);
            while (await reader.NextAsync(wait: true, cancellationToken) is { Count: > 0 } records)
            {
                foreach (var record in records)
                    yield return record;
            }
        }
    }
}
