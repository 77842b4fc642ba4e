namespace FraudStreams.Messaging.Kafka;

/// <summary>Commits the offsets of a partition's records after they were read.</summary>
interface IKafkaPartition
{
    /// <summary>The partition's source has ended: it may be assigned to another consumer by now.</summary>
    bool IsEnded { get; }

    /// <summary>Completes when everything read before that offset is committed; fails if the partition has been assigned to another consumer.</summary>
    Task CommitAsync(long nextOffset);

    /// <summary>
    /// Nothing more of it will be committed than a transaction is committing already: who takes it back need not wait for what was read. Called when its source
    /// has ended.
    /// </summary>
    void Abandon();

    /// <summary>
    /// Keeps the partition here until <see cref="Release"/>, while a transaction commits its offset: who takes it back waits for that. False where it has been taken back.
    /// </summary>
    bool TryHold();

    void Release();

    /// <summary>The consumer's place in its group, for a transaction that commits in its stead.</summary>
    /// <exception cref="PartitionRevokedException">There is none: the consumer stops.</exception>
    /// <exception cref="MessageLogException">The consumer takes part in no transaction.</exception>
    Confluent.Kafka.IConsumerGroupMetadata Membership { get; }

    /// <summary>The offset that a transaction is to commit where the next offset is this one.</summary>
    long ToCommit(long nextOffset);

    /// <summary>A transaction has committed the offset.</summary>
    void Committed(long nextOffset);
}

/// <summary>A partition assigned to this process, its records in chunks, and how to commit them.</summary>
sealed record KafkaPartitionSource(int Partition, Akka.Streams.Dsl.Source<IReadOnlyList<TopicRecord>, Akka.NotUsed> Chunks, IKafkaPartition Commits);
