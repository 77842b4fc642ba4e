using FraudStreams.Messaging;

namespace FraudStreams.WindowStates;

/// <summary>A card's windows are with the process that its partition is assigned to, and that is not this one now.</summary>
public sealed class PartitionElsewhereException(TopicPartition partition) : Exception($"{partition} is not assigned to this process")
{
    public TopicPartition Partition => partition;
}
