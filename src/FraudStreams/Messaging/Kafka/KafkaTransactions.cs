using System.Collections.Immutable;
using System.Globalization;
using Confluent.Kafka;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Publishes a batch and commits the offsets it was made from in one transaction, so that no record is there twice, whoever died when. The transactional id is
/// that of the first partition read: who takes the partition over fences its owner before and ends what that one had open. One batch at a time.
/// </summary>
sealed class KafkaTransactions(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, int longest, ILogger log) : IDisposable
{
    /// <summary>A transaction that a dead host left open holds up the readers of its topics for so long, if nobody fences it before.</summary>
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    readonly SemaphoreSlim _turn = new(1);
    KafkaPublisher? _publisher;
    IProducer<byte[], byte[]>? _producer;

    /// <summary>Completes when records and offsets are committed.</summary>
    /// <exception cref="MessageLogException">Nothing of it was.</exception>
    public async Task PublishAsync(RecordBatch records, IReadOnlyList<(ConsumerOffset Offset, IKafkaPartition Partition)> offsets, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var producer = _producer ??= await BlockingCall.RunAsync(() => Open(offsets[0].Offset), cancellationToken);
            producer.BeginTransaction();
            var acknowledged = await _publisher!.HandOverAsync(records, null, cancellationToken);
            var committed = offsets.Select(of => (of.Partition, Next: of.Partition.ToCommit(of.Offset.NextOffset))).ToArray();
            var positions = offsets.Zip(committed, (of, to) => new TopicPartitionOffset(settings.Prefix + of.Offset.Partition.Topic, of.Offset.Partition.Partition, to.Next)).ToArray();
            await BlockingCall.RunAsync(() =>
            {
                producer.SendOffsetsToTransaction(positions, offsets[0].Partition.Membership, s_limit);
                producer.CommitTransaction(s_limit);
            });
            await acknowledged.AllAsync();
            foreach (var (partition, next) in committed)
                partition.Committed(next);
        }
        catch (Exception e)
        {
            await BlockingCall.RunAsync(Abort);
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

    IProducer<byte[], byte[]> Open(ConsumerOffset first)
    {
        _publisher = new KafkaPublisher(settings, partitions, longest, log, ImmutableSortedDictionary<string, string>.Empty
            .Add("transactional.id", $"{settings.Prefix}{first.Group}-{first.Partition.Topic}-{first.Partition.Partition}")
            .Add("transaction.timeout.ms", s_limit.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)));
        var producer = _publisher.Producer();
        producer.InitTransactions(settings.Timeout);
        return producer;
    }

    /// <summary>The next batch gets a new producer, whose start ends what could not be ended here.</summary>
    void Abort()
    {
        try
        {
            _producer?.AbortTransaction(settings.Timeout);
        }
        catch (Exception e) when (e is KafkaException or InvalidOperationException)
        {
            log.LogDebug("A transaction could not be aborted: {Reason}", e.Message);
        }

        _producer = null;
        _publisher?.Dispose();
        _publisher = null;
    }
}
