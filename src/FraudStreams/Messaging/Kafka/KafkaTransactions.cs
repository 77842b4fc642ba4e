using System.Collections.Immutable;
using System.Globalization;
using Confluent.Kafka;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Publishes a batch and commits the offsets it was made from in one transaction, so that no record is there twice, whoever died when. There is a transactional id
/// for each partition that is read, and a host uses that of its first. Who takes partitions over initialises all of theirs: that fences whoever had them, and ends
/// at once what a dead host left open, behind which nobody could read. One batch at a time.
/// </summary>
sealed class KafkaTransactions(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, int longest, ILogger log) : IDisposable
{
    /// <summary>A transaction that a dead host left open holds up the readers of its topics for so long, if nobody fences it before.</summary>
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    /// <summary>Of librdkafka; 0, where it is allowed, is without end.</summary>
    static readonly ImmutableArray<string> s_timeouts = ["message.timeout.ms", "delivery.timeout.ms", "socket.timeout.ms"];

    readonly SemaphoreSlim _turn = new(1);

    /// <summary>The partitions whose ids were initialised here.</summary>
    readonly HashSet<int> _taken = [];
    KafkaPublisher? _publisher;
    IProducer<byte[], byte[]>? _producer;

    /// <summary>The partition whose id the producer has.</summary>
    int _first;
    bool _isOpen;

    /// <summary>Completes when records and offsets are committed.</summary>
    /// <param name="assigned">All partitions that this host has of the topic that the offsets are of.</param>
    /// <exception cref="PartitionRevokedException">Nothing of it was: one of the partitions is another consumer's.</exception>
    /// <exception cref="MessageLogException">Nothing of it was.</exception>
    public async Task PublishAsync(RecordBatch records, IReadOnlyList<(ConsumerOffset Offset, IKafkaPartition Partition)> offsets, IReadOnlyCollection<int> assigned, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var of = offsets[0].Offset;

            // Whoever took a partition over has fenced its id, and one that comes back is to be fenced again.
            _taken.IntersectWith(assigned);
            if (_producer is not null && !assigned.Contains(_first))
                await BlockingCall.RunAsync(Close);
            var producer = _producer ??= await BlockingCall.RunAsync(() => Open(of, assigned.Min()), cancellationToken);
            foreach (var partition in assigned.Where(partition => !_taken.Contains(partition)).ToArray())
                await BlockingCall.RunAsync(() => Take(of, partition));
            try
            {
                await TransactAsync(producer, records, offsets, cancellationToken);
            }
            catch (KafkaTxnRequiresAbortException e) when (TryAbort())
            {
                // The group may have met anew between the look at the membership and its use.
                log.LogDebug("A transaction is tried again: {Reason}", e.Error.Reason);
                await TransactAsync(producer, records, offsets, cancellationToken);
            }
        }
        catch (Exception e)
        {
            await BlockingCall.RunAsync(() =>
            {
                if (!TryAbort() || e is not PartitionRevokedException)
                    Drop();
            });
            throw e as MessageLogException ?? new MessageLogException(
                $"The transaction of {records.Count} records read from {offsets[0].Offset.Partition.Topic} at {settings.BootstrapServers} failed: {e.GetBaseException().Message}", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _publisher?.Dispose();
        _turn.Dispose();
    }

    async Task TransactAsync(IProducer<byte[], byte[]> producer, RecordBatch records, IReadOnlyList<(ConsumerOffset Offset, IKafkaPartition Partition)> offsets, CancellationToken cancellationToken)
    {
        producer.BeginTransaction();
        _isOpen = true;
        var acknowledged = await _publisher!.HandOverAsync(records, null, cancellationToken);
        var committed = offsets.Select(at => (at.Partition, Next: at.Partition.ToCommit(at.Offset.NextOffset))).ToArray();
        var positions = offsets.Zip(committed, (at, to) => new TopicPartitionOffset(settings.Prefix + at.Offset.Partition.Topic, at.Offset.Partition.Partition, to.Next)).ToArray();
        var held = new List<IKafkaPartition>(offsets.Count);
        try
        {
            await BlockingCall.RunAsync(() =>
            {
                // Before the partitions are held: brokers refuse the membership of a consumer that lost one in between.
                var membership = offsets[0].Partition.Membership;
                foreach (var (offset, partition) in offsets)
                {
                    if (!partition.TryHold())
                        throw new PartitionRevokedException(offset.Partition.Partition, $"{offset.Partition} was assigned to another consumer of group {offset.Group}: what was read of it is published there");
                    held.Add(partition);
                }

                producer.SendOffsetsToTransaction(positions, membership, s_limit);
                producer.CommitTransaction(s_limit);
                _isOpen = false;
            });
            await acknowledged.AllAsync();
            foreach (var (partition, next) in committed)
                partition.Committed(next);
        }
        finally
        {
            foreach (var partition in held)
                partition.Release();
        }
    }

    IProducer<byte[], byte[]> Open(ConsumerOffset of, int partition)
    {
        _publisher = Publisher(of, partition);
        var producer = _publisher.Producer();
        producer.InitTransactions(settings.Timeout);
        _first = partition;
        _taken.Add(partition);
        return producer;
    }

    void Take(ConsumerOffset of, int partition)
    {
        using var publisher = Publisher(of, partition);
        publisher.Producer().InitTransactions(settings.Timeout);
        _taken.Add(partition);
    }

    KafkaPublisher Publisher(ConsumerOffset of, int partition) => new(settings, partitions, longest, log, Limited(settings.ProducerProperties)
        .Add(KafkaPublisher.TransactionalId, $"{settings.Prefix}{of.Group}-{of.Partition.Topic}-{partition}")
        .Add("transaction.timeout.ms", s_limit.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The client refuses to start where it may wait longer for a message or an answer than a transaction may take. By name, those of the timeouts that do.</summary>
    internal static ImmutableSortedDictionary<string, string> Limited(ImmutableSortedDictionary<string, string> properties)
    {
        var limit = s_limit.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        return ImmutableSortedDictionary.CreateRange(s_timeouts
            .Where(name => properties.TryGetValue(name, out var set) && int.TryParse(set, CultureInfo.InvariantCulture, out var milliseconds) && (milliseconds <= 0 || milliseconds > s_limit.TotalMilliseconds))
            .Select(name => KeyValuePair.Create(name, limit)));
    }

    /// <summary>False where the transaction could not be ended here.</summary>
    bool TryAbort()
    {
        try
        {
            if (_isOpen)
                _producer?.AbortTransaction(settings.Timeout);
            _isOpen = false;
            return true;
        }
        catch (Exception e) when (e is KafkaException or InvalidOperationException)
        {
            log.LogDebug("A transaction could not be aborted: {Reason}", e.Message);
            return false;
        }
    }

    /// <summary>The next batch gets a new producer, whose start ends what could not be ended here.</summary>
    void Drop()
    {
        _taken.Clear();
        Close();
    }

    void Close()
    {
        (_producer, _isOpen) = (null, false);
        _publisher?.Dispose();
        _publisher = null;
    }
}
