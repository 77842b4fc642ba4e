namespace FraudStreams.Messaging.Kafka;

/// <summary>What becomes of a partition's records after they were read.</summary>
interface IKafkaPartition
{
    /// <summary>The partition's source has ended: it may belong to another consumer by now.</summary>
    bool IsEnded { get; }

    /// <summary>Completes when the group's position is past what was read before that offset; fails where the partition has been given to another consumer.</summary>
    Task CommitAsync(long nextOffset);
}

/// <summary>A partition that the group gave to this process, its records in chunks, and how to commit them.</summary>
sealed record KafkaPartitionSource(int Partition, Akka.Streams.Dsl.Source<IReadOnlyList<TopicRecord>, Akka.NotUsed> Chunks, IKafkaPartition Commits);
