using Confluent.Kafka;

namespace Akka.Streams.Kafka.Messages;

/// <summary>Something consumed that can be marked as done with.</summary>
public interface ICommittable
{
    /// <summary>Completes when the group's position is past it; fails where the partition has been given to another consumer.</summary>
    Task Commit();

    long BatchSize { get; }
}

public interface ICommittableOffset : ICommittable
{
    GroupTopicPartitionOffset Offset { get; }
}

public sealed class GroupTopicPartition(string groupId, string topic, int partition)
{
    public string GroupId { get; } = groupId;

    public string Topic { get; } = topic;

    public int Partition { get; } = partition;
}

/// <summary>The offset of one message, as its group sees it.</summary>
public sealed class GroupTopicPartitionOffset(GroupTopicPartition groupTopicPartition, Offset offset)
{
    public GroupTopicPartition GroupTopicPartition { get; } = groupTopicPartition;

    public Offset Offset { get; } = offset;

    public string GroupId => GroupTopicPartition.GroupId;

    public string Topic => GroupTopicPartition.Topic;

    public int Partition => GroupTopicPartition.Partition;
}

public sealed class CommittableMessage<TKey, TValue>(ConsumeResult<TKey, TValue> record, ICommittableOffset commitableOffset)
{
    public ConsumeResult<TKey, TValue> Record { get; } = record;

    public ICommittableOffset CommitableOffset { get; } = commitableOffset;
}
