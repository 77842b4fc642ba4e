namespace FraudStreams.Messaging.Kafka;

/// <summary>Commits the offsets of a partition's records after they were read.</summary>
interface IKafkaPartition
{
    /// <summary>The partition's source has ended: it may be assigned to another consumer by now.</summary>
    bool IsEnded { get; }

    /// <summary>Completes when everything read before that offset is committed; fails if the partition has been assigned to another consumer.</summary>
    Task CommitAsync(long nextOffset);

    /// <summary>The consumer's place in its group, for a transaction that commits in its stead.</summary>
    /// <exception cref="MessageLogException">There is none: the partition's source has ended, or the consumer takes part in no transaction.</exception>
    Confluent.Kafka.IConsumerGroupMetadata Membership { get; }

    /// <summary>The offset that a transaction is to commit where the next offset is this one.</summary>
    long ToCommit(long nextOffset);

    /// <summary>A transaction has committed the offset.</summary>
    void Committed(long nextOffset);
}

/// <summary>A partition assigned to this process, its records in chunks, and how to commit them.</summary>
sealed record KafkaPartitionSource(int Partition, Akka.Streams.Dsl.Source<IReadOnlyList<TopicRecord>, Akka.NotUsed> Chunks, IKafkaPartition Commits);
