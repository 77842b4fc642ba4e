using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;

namespace FraudStreams.Tests.Messaging;

/// <summary>A log whose readers fail once, after so many chunks, and read on then; one that cannot be read from its middle on; or one that refuses the offsets of a partition, as another consumer's.</summary>
sealed class InterruptedLog(IMessageLog log) : IMessageLog
{
    public int ChunksUntilFault { get; set; } = int.MaxValue;

    /// <summary>Thrown by readers that do not begin with the first record.</summary>
    public Exception? FaultOfLaterReaders { get; set; }

    public int LaterReaders { get; private set; }

    public int? RevokedPartition { get; set; }

    public int MaxInFlightBatches => log.MaxInFlightBatches;

    public IPartitionReader OpenReader(TopicPartition partition, long from)
    {
        if (from > 0)
        {
            LaterReaders++;
            if (FaultOfLaterReaders is { } fault)
                throw fault;
        }

        return new Reader(this, log.OpenReader(partition, from));
    }

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => log.Consume(topic, group);

    public Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken)
    {
        if (RevokedPartition is not { } partition || records.Offsets.All(offset => offset.Partition.Partition != partition))
            return log.PublishAsync(records, cancellationToken);
        records.Dispose();
        throw new PartitionRevokedException(partition, "it is another consumer's");
    }

    public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken) => log.PositionAsync(group, partition, cancellationToken);

    public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) => log.OwnersAsync(topic, group, cancellationToken);

    public int LongestRecord(string topic) => log.LongestRecord(topic);

    public Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken) => log.StatusAsync(cancellationToken);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    sealed class Reader(InterruptedLog log, IPartitionReader reader) : IPartitionReader
    {
        public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken)
        {
            if (log.ChunksUntilFault-- > 0)
                return await reader.NextAsync(wait, cancellationToken);
            log.ChunksUntilFault = int.MaxValue;
            throw new MessageLogException("the topics are away");
        }

        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
