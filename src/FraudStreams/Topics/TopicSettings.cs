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
    /// <summary>Room for the model's fields in a prediction, reasons included, in bytes.</summary>
    public const int PredictionFrame = 8192;

    /// <summary>Room for a number of 17 digits in a prediction.</summary>
    const int FeatureBytes = 26;

    public static TopicSettings From(SettingsSection section)
    {
        var isKafka = section.OneOf("kind", "embedded", "kafka") == "kafka";
        var retention = section.Section("retention");
        return new TopicSettings(
            section.Int("partitions", 1, 1024),
            section.OneOf("sync", "full", "normal") == "full" ? Durability.Full : Durability.Normal,
            section.Duration("poll", TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(10)),
            section.Int("read-records", 1, 100_000),
            (int)section.Size("read-bytes", 1024, 1 << 30),
            (int)section.Size("max-record-bytes", 1024, 1 << 30),
            new RetentionSettings(retention.DurationOrInfinite("age", TimeSpan.FromSeconds(1)), retention.Size("size", 1 << 20, long.MaxValue)),
            isKafka ? KafkaSettings.From(section.Section("kafka")) : null);
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
            Retention = Retention with { Kept = [TopicNames.Drift, TopicNames.Models, TopicNames.Cases, TopicNames.Keys, TopicNames.Audit] },
            PollInterval = Poll,
            ChunkRecords = ReadRecords,
            ChunkBytes = ReadBytes,
        };
}
