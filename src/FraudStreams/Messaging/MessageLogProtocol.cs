using System.Collections.Immutable;

namespace FraudStreams.Messaging;

/// <summary>One partition of one topic.</summary>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    public override string ToString() => $"{Topic}/{Partition}";
}

/// <summary>
/// One record as it was read. Key and value are slices of a buffer that the records of one read share; they stay valid as long as they are
/// referenced, and must not be written to.
/// </summary>
public readonly record struct TopicRecord(
    TopicPartition Partition, long Offset, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, long UnixMilliseconds)
{
    /// <summary>The trace that its producer carries on in it, as the W3C's header traceparent; null where there is none, or nobody listens to traces here.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The id of its value's schema, as the header __value_schema_id of Confluent's serialisers has it; null where there is none, or nobody asks for it.</summary>
    public byte[]? SchemaId { get; init; }
}

/// <summary>A group's committed offset in one partition: the next record it has to read.</summary>
public readonly record struct ConsumerOffset(string Group, TopicPartition Partition, long NextOffset);

/// <summary>A topic's records: ever appended (its end offsets, summed) and still retained.</summary>
public sealed record TopicStatus(string Topic, int Partitions, long Appended, long Kept);

/// <summary>A group's lag behind the end of a topic, in records, summed over the partitions.</summary>
public sealed record GroupLag(string Group, string Topic, long Position, long Lag);

/// <summary>A group's lag in one partition.</summary>
/// <param name="End">The offset that the partition's next record will have.</param>
public readonly record struct PartitionLag(string Group, TopicPartition Partition, long Lag, long End);

public sealed record MessageLogStatus(ImmutableArray<TopicStatus> Topics, ImmutableArray<GroupLag> Groups)
{
    /// <summary>The groups' lag by partition.</summary>
    public ImmutableArray<PartitionLag> ByPartition { get; init; } = [];

    /// <summary>Faults of the topics that keep payments from flowing, each with its remedy.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>A group's lag; a group that never committed lags by all that the topic retains.</summary>
    public GroupLag Of(string group, string topic) =>
        Groups.FirstOrDefault(lag => lag.Group == group && lag.Topic == topic)
        ?? new GroupLag(group, topic, 0, Topics.FirstOrDefault(t => t.Topic == topic)?.Kept ?? 0);
}
