using Akka;
using Akka.Streams.Dsl;

namespace FraudStreams.Messaging;

/// <summary>One partition that this process was given, and its records from the group's position on, as they are read: a chunk, never empty, at a time.</summary>
public sealed record TopicPartitionSource(TopicPartition Partition, Source<IReadOnlyList<TopicRecord>, NotUsed> Chunks);

/// <summary>Partitions that can be read forward, in no group's name.</summary>
public interface IReadableLog
{
    /// <summary>Reads a partition from an offset on. What retention has removed is left out.</summary>
    IPartitionReader OpenReader(TopicPartition partition, long from);
}

/// <summary>What the graphs need of a log, and no more.</summary>
public interface IMessageLog : IReadableLog, IAsyncDisposable
{
    /// <summary>
    /// How many batches with positions of one partition may be on their way to <see cref="PublishAsync"/> at once, called in their order. More than one
    /// where positions move in that order and none moves past a batch that failed.
    /// </summary>
    int MaxInFlightBatches { get; }

    /// <summary>
    /// One source a partition that this process is given in the group, each from the group's committed position on. The outer source stays open; while
    /// another process has the group it waits its turn. It reads on demand, and a fault of the log fails the source that met it.
    /// </summary>
    Source<TopicPartitionSource, NotUsed> Consume(string topic, string group);

    /// <summary>
    /// Appends the records and then moves the position they stand for, if any. Durable when it returns; with embedded topics both or neither. A batch may
    /// be a position alone. Takes the batch over, and disposes it whatever comes.
    /// </summary>
    /// <returns>How many records were appended: fewer than the batch's where a producer that starts again had appended some of them before.</returns>
    Task<int> PublishAsync(RecordBatch records, CancellationToken ct);

    /// <summary>
    /// The offset a group has to read next; 0 where it never committed. The partition need not belong to a topic: who reads a file keeps its place in
    /// such a position, committed together with the records it made of the file.
    /// </summary>
    Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken ct);

    /// <summary>The most bytes that key and value of one record of a topic may have together.</summary>
    int LongestRecord(string topic);

    Task<MessageLogStatus> StatusAsync(CancellationToken ct);
}
