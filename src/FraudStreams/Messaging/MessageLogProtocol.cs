using System.Collections.Immutable;
using FraudStreams.Topics;

namespace FraudStreams.Messaging;

/// <summary>One partition of one topic.</summary>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    public override string ToString() => $"{Topic}/{Partition}";
}

/// <summary>
/// One record as it was read. Key and value are slices of a buffer that many records of one read share; they stay valid as long as anyone
/// holds them, and must not be written to.
/// </summary>
public readonly record struct TopicRecord(
    TopicPartition Partition, long Offset, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, long UnixMilliseconds);

/// <summary>A group's position in one partition: the offset of the next record it has to read.</summary>
public readonly record struct ConsumerOffset(string Group, TopicPartition Partition, long NextOffset);

/// <summary>What a topic holds: records ever appended (its end offsets, summed) and records still kept.</summary>
public sealed record TopicStatus(string Topic, int Partitions, long Appended, long Kept);

/// <summary>How far a group is behind the end of a topic, summed over its partitions, in records.</summary>
public sealed record GroupLag(string Group, string Topic, long Position, long Lag);

public sealed record MessageLogStatus(ImmutableArray<TopicStatus> Topics, ImmutableArray<GroupLag> Groups)
{
    /// <summary>What about the topics keeps payments from flowing as they should, each with what would help.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>How far a group is behind; a group that never committed is behind by all that the topic holds.</summary>
    public GroupLag Of(string group, string topic) =>
        Groups.FirstOrDefault(lag => lag.Group == group && lag.Topic == topic)
        ?? new GroupLag(group, topic, 0, Topics.FirstOrDefault(t => t.Topic == topic)?.Kept ?? 0);
}
