using System.Collections.Immutable;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Sqlite;

namespace FraudStreams.Topics;

/// <param name="Partitions">Of `transactions`, `predictions` and `shadow`; the others have one.</param>
/// <param name="MaxRecordBytes">A longer record is rejected unread.</param>
public sealed record TopicSettings(
    int Partitions,
    Durability Durability,
    TimeSpan Poll,
    int ReadRecords,
    int ReadBytes,
    int MaxRecordBytes,
    RetentionSettings Retention,
    KafkaSettings? Kafka)
{
    static readonly ImmutableArray<string> s_named =
    [
        TopicNames.Transactions, TopicNames.Predictions, TopicNames.Rejected, TopicNames.Alerts, TopicNames.Undelivered, TopicNames.Labels, TopicNames.Shadow, TopicNames.Models,
        TopicNames.Cases, TopicNames.Keys, TopicNames.Audit, TopicNames.Memory,
    ];

    /// <summary>With the one that is always called so.</summary>
    static readonly ImmutableArray<string> s_all = [TopicNames.Drift, .. s_named];

    /// <summary>What topics are called where that is not their own name.</summary>
    public ImmutableSortedDictionary<string, string> Names { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public RekeySettings Rekey { get; init; } = new(RekeyMode.Off, "", TimeSpan.Zero);

    /// <summary>The schema registry of a topic of others; null where its records need none.</summary>
    public SchemaRegistrySettings? Registry { get; init; }

    /// <summary>The partitions of the topic of others that `transactions` is filled from; null where it is filled from none.</summary>
    public int? SourcePartitions { get; init; }

    /// <summary>What a topic is called where it is.</summary>
    public string NameOf(string topic) => Names.GetValueOrDefault(topic, topic);

    /// <summary>The groups that consume a topic there is.</summary>
    public IEnumerable<(string Group, string Topic)> Consumers => ConsumerGroups.Consumers.Where(consumer => PartitionsOfTopics.ContainsKey(consumer.Topic));

    /// <summary>`transactions` is the topic of that name itself.</summary>
    public TopicSettings WithoutSource() => this with { Rekey = Rekey with { Mode = RekeyMode.Off } };

    /// <summary>`transactions` is a topic of ours that is filled from the topic of that name.</summary>
    /// <param name="partitions">Of the topic of others; where it is not there yet, it is made with those of `transactions`.</param>
    public TopicSettings WithSource(int? partitions)
    {
        var source = NameOf(TopicNames.Transactions);
        return this with
        {
            Rekey = Rekey with { Mode = RekeyMode.On },
            Names = Names.SetItem(TopicNames.Source, source).SetItem(TopicNames.Transactions, RekeyedName),
            SourcePartitions = partitions ?? Partitions,
        };
    }

    /// <summary>What the topic of ours is called that is filled from another.</summary>
    public string RekeyedName => SourcePartitions is not null ? NameOf(TopicNames.Transactions)
        : Rekey.Topic.Length > 0 ? Rekey.Topic : $"{NameOf(TopicNames.Transactions)}-by-card";

    /// <summary>Room for the model's fields in a prediction, reasons included, in bytes.</summary>
    public const int PredictionFrame = 8192;

    /// <summary>Room for a number of 17 digits in a prediction.</summary>
    const int FeatureBytes = 26;

    public static TopicSettings From(SettingsSection section)
    {
        var isKafka = section.OneOf("kind", "embedded", "kafka") == "kafka";
        var retention = section.Section("retention");
        var settings = new TopicSettings(
            section.Int("partitions", 1, 1024),
            section.OneOf("sync", "full", "normal") == "full" ? Durability.Full : Durability.Normal,
            section.Duration("poll", TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(10)),
            section.Int("read-records", 1, 100_000),
            (int)section.Size("read-bytes", 1024, 1 << 30),
            (int)section.Size("max-record-bytes", 1024, 1 << 30),
            new RetentionSettings(retention.DurationOrInfinite("age", TimeSpan.FromSeconds(1)), retention.Size("size", 1 << 20, long.MaxValue)),
            isKafka ? KafkaSettings.From(section.Section("kafka")) : null)
        {
            Names = NamesFrom(section.Section("names")),
            Rekey = RekeySettings.From(section),
            Registry = SchemaRegistrySettings.From(section.Section("registry")),
        };
        if (settings.Rekey.Mode != RekeyMode.Off && s_all.FirstOrDefault(topic => settings.NameOf(topic) == settings.RekeyedName) is { } other)
            section.Add("rekey-topic", $"{settings.RekeyedName}, which is to be filled by card, is the name of {other} already; each topic needs its own");
        return settings;
    }

    static ImmutableSortedDictionary<string, string> NamesFrom(SettingsSection section)
    {
        var names = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var topic in s_named)
        {
            var name = section.FilledText(topic, "the name of a topic");
            if (name != topic)
                names[topic] = name;
        }

        foreach (var twice in s_all.GroupBy(topic => names.GetValueOrDefault(topic, topic), StringComparer.Ordinal).Where(group => group.Count() > 1))
            section.Add(twice.Last(), $"{twice.Key} is the name of {string.Join(" and of ", twice)}; each topic needs its own");
        return names.ToImmutable();
    }

    /// <summary>The topics and how many partitions each has.</summary>
    public ImmutableSortedDictionary<string, int> PartitionsOfTopics => ImmutableSortedDictionary.CreateRange(
        [
            KeyValuePair.Create(TopicNames.Transactions, Partitions),
            KeyValuePair.Create(TopicNames.Predictions, Partitions),
            KeyValuePair.Create(TopicNames.Rejected, 1),
            KeyValuePair.Create(TopicNames.Alerts, 1),
            KeyValuePair.Create(TopicNames.Undelivered, 1),
            KeyValuePair.Create(TopicNames.Labels, 1),
            KeyValuePair.Create(TopicNames.Shadow, Partitions),
            KeyValuePair.Create(TopicNames.Drift, 1),
            .. SourcePartitions is { } source ? [KeyValuePair.Create(TopicNames.Source, source)] : ImmutableArray<KeyValuePair<string, int>>.Empty,
        ]);

    /// <param name="features">How many values a prediction carries.</param>
    public TopicSettings Fitting(IMessageLog topics, int features) => this with
    {
        MaxRecordBytes = Math.Min(MaxRecordBytes, topics.LongestRecord(TopicNames.Predictions) - DeadLetters.LongestKey - PredictionFrame - features * FeatureBytes),
    };

    /// <summary>The embedded topics of a data folder.</summary>
    public EmbeddedLogSettings Embedded(string dataDirectory) =>
        new(dataDirectory, PartitionsOfTopics)
        {
            Durability = Durability,
            Retention = Retention with { Kept = [NameOf(TopicNames.Drift), NameOf(TopicNames.Models), NameOf(TopicNames.Cases), NameOf(TopicNames.Keys), NameOf(TopicNames.Audit)] },
            PollInterval = Poll,
            ChunkRecords = ReadRecords,
            ChunkBytes = ReadBytes,
        };
}
