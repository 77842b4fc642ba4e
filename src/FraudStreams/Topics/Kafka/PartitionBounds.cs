using Confluent.Kafka;

namespace FraudStreams.Topics.Kafka;

/// <summary>Where partitions begin and end.</summary>
/// <param name="First">The offset of the first record that is kept.</param>
/// <param name="End">The offset that the next record will have.</param>
readonly record struct PartitionBounds(long First, long End)
{
    /// <summary>The times by which the protocol asks for a partition's first record and for its end.</summary>
    static readonly Timestamp Earliest = new(-2, TimestampType.NotAvailable), Latest = new(-1, TimestampType.NotAvailable);

    /// <summary>
    /// Two questions for all partitions together. The client's own question for bounds (QueryWatermarkOffsets) is none for here: asked while a broker
    /// dies, librdkafka 2.0 waits for that broker to come back, whatever the time given.
    /// </summary>
    /// <exception cref="KafkaException">There was no answer in time, or a broker refused.</exception>
    public static PartitionBounds[] Read(IConsumer<byte[], byte[]> consumer, IReadOnlyCollection<Confluent.Kafka.TopicPartition> partitions, TimeSpan timeout)
    {
        var first = Offsets(consumer, partitions, Earliest, timeout);
        var end = Offsets(consumer, partitions, Latest, timeout);
        return [.. partitions.Select(partition => new PartitionBounds(first[partition], end[partition]))];
    }

    static Dictionary<Confluent.Kafka.TopicPartition, long> Offsets(
        IConsumer<byte[], byte[]> consumer, IEnumerable<Confluent.Kafka.TopicPartition> partitions, Timestamp time, TimeSpan timeout)
    {
        var found = consumer.OffsetsForTimes(partitions.Select(partition => new TopicPartitionTimestamp(partition, time)), timeout);
        return found.ToDictionary(at => at.TopicPartition, at => at.Offset.Value);
    }
}
