namespace FraudStreams.Messaging.Kafka;

/// <summary>Commits the offsets of a partition's records after they were read.</summary>
interface IKafkaPartition
{
    /// <summary>The partition's source has ended: it may be assigned to another consumer by now.</summary>
    bool IsEnded { get; }

    /// <summary>Completes when everything read before that offset is committed; fails if the partition has been assigned to another consumer.</summary>
    Task CommitAsync(long nextOffset);
}

/// <summary>A partition assigned to this process, its records in chunks, and how to commit them.</summary>
sealed record KafkaPartitionSource(int Partition, Akka.Streams.Dsl.Source<IReadOnlyList<TopicRecord>, Akka.NotUsed> Chunks, IKafkaPartition Commits);
