using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;

namespace FraudStreams.Messaging;

/// <summary>A partition assigned to this process, and its records from the group's committed offset on, in chunks that are never empty.</summary>
public sealed record TopicPartitionSource(TopicPartition Partition, Source<IReadOnlyList<TopicRecord>, NotUsed> Chunks)
{
    /// <summary>
    /// To be called once the chunks have ended by who will commit nothing more of them than is being committed already: the partition goes to its next owner
    /// at once, instead of after a wait for what was taken. Any thread may call.
    /// </summary>
    public Action Abandon { get; init; } = () => { };
}

/// <summary>Partitions that can be read forward without a consumer group.</summary>
public interface IReadableLog
{
    /// <summary>Reads a partition from an offset on, skipping what retention has removed.</summary>
    IPartitionReader OpenReader(TopicPartition partition, long from);
}

/// <summary>The operations of a message log that the pipelines need.</summary>
public interface IMessageLog : IReadableLog, IAsyncDisposable
{
    /// <summary>
    /// How many batches with offsets of one partition may be in flight in <see cref="PublishAsync"/> at once, called in their order. More than one only
    /// if offsets are committed in that order and never past a batch that failed.
    /// </summary>
    int MaxInFlightBatches { get; }

    /// <summary>
    /// One source per partition assigned to this process in the group, each from the group's committed offset on. The outer source stays open; while
    /// another process holds the group, it waits. Reads on demand; a fault of the log fails the source that met it.
    /// </summary>
    Source<TopicPartitionSource, NotUsed> Consume(string topic, string group);

    /// <summary>
    /// Appends the records, then commits the offset that belongs to them, if any. Durable on return; the embedded log does both atomically, and so does Kafka
    /// with <see cref="RecordBatch.Offsets"/>. A batch may be an offset alone. Takes ownership of the batch and disposes it in every case.
    /// </summary>
    /// <returns>The number of records appended: fewer than the batch holds if a restarted producer had appended some of them before.</returns>
    /// <exception cref="PartitionRevokedException">A partition of <see cref="RecordBatch.Offsets"/> is another consumer's: nothing was published.</exception>
    Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken);

    /// <summary>
    /// The offset a group has to read next; 0 if it never committed. The partition need not belong to a topic: a producer that reads a file commits its
    /// progress under a name of its own, together with the records it made from the file.
    /// </summary>
    Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken);

    /// <summary>What a topic of the pipelines is called where people look for it.</summary>
    string NameOf(string topic) => topic;

    /// <summary>The maximum size of a record of a topic: key and value together, in bytes.</summary>
    int LongestRecord(string topic);

    /// <summary>
    /// The processes that the partitions of a topic are assigned to in a group, by partition. Partitions of nobody, and of who does not say where it answers,
    /// are left out: on embedded topics all.
    /// </summary>
    Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken);

    Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken);
}
