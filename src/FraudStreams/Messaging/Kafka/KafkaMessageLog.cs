using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Streams.Dsl;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Topics of a Kafka cluster. Records are published first and the group's offset is committed after them, so a process that dies in between publishes its
/// last batch again. A producer that reads something else than a topic keeps its offset in the records themselves (<see cref="ProducerCheckpoints"/>).
/// </summary>
public sealed class KafkaMessageLog : IMessageLog
{
    static readonly Dictionary<string, string> KeepAll = new() { ["retention.ms"] = "-1", ["retention.bytes"] = "-1" };

    readonly KafkaSettings _settings;
    readonly ImmutableSortedDictionary<string, int> _partitions;
    readonly ILogger _log;
    readonly KafkaAdmin _admin;
    readonly KafkaPublisher _publisher;
    readonly KafkaStatus _status;
    readonly ProducerCheckpoints _checkpoints;
    readonly Dictionary<string, int> _longest;
    readonly ConcurrentDictionary<(string Group, TopicPartition Partition), KafkaPartition> _assigned = [];
    readonly KafkaTransactions _transactions;

    KafkaMessageLog(KafkaSettings settings, LogLayout layout, Dictionary<string, int> longest, KafkaAdmin admin, ILogger log)
    {
        _longest = longest;
        _settings = settings;
        _partitions = layout.Partitions;
        _log = log;
        _admin = admin;
        _publisher = new KafkaPublisher(settings, layout.Partitions, longest.Values.Max(), log);
        _status = new KafkaStatus(settings, layout, admin);
        _checkpoints = new ProducerCheckpoints(settings, admin, layout);
        _transactions = new KafkaTransactions(settings, layout.Partitions, longest.Values.Max(), log);
    }

    /// <summary>An assigned partition and its batches in flight, in the order in which they were read.</summary>
    sealed record KafkaPartition(IKafkaPartition Commits)
    {
        public OrderedCommitQueue InFlight { get; } = new();
    }

    /// <summary>Opens the log and creates missing topics.</summary>
    /// <exception cref="MessageLogException">No broker answers, the topics cannot be created, or one has a different partition count.</exception>
    public static KafkaMessageLog Open(KafkaSettings settings, LogLayout layout, ILogger log)
    {
        var admin = new KafkaAdmin(settings);
        try
        {
            return OpenAsync(settings, layout, admin, log).GetAwaiter().GetResult();
        }
        catch
        {
            admin.Dispose();
            throw;
        }
    }

    static async Task<KafkaMessageLog> OpenAsync(KafkaSettings settings, LogLayout layout, KafkaAdmin admin, ILogger log)
    {
        await KafkaTopicProvisioner.EnsureAsync(admin, settings, layout.Partitions, topic => layout.Kept.Contains(topic) ? KeepAll : null, CancellationToken.None);
        var longest = await admin.LongestRecordsAsync(layout.Partitions.Keys, CancellationToken.None);
        return new KafkaMessageLog(settings, layout, longest, admin, log);
    }

    public int MaxInFlightBatches => 4;

    public int LongestRecord(string topic) => _longest[topic];

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => KafkaGroupSource
        .Create(_settings, topic, group, _partitions[topic], _log)
        .Select(assigned =>
        {
            var partition = new TopicPartition(topic, assigned.Partition);
            _assigned[(group, partition)] = new KafkaPartition(assigned.Commits);
            return new TopicPartitionSource(partition, assigned.Chunks) { Abandon = assigned.Commits.Abandon };
        });

    public Task<int> PublishAsync(RecordBatch records, CancellationToken cancellationToken)
    {
        if (records.Offsets.Count > 0)
            return PublishInTransactionAsync(records, cancellationToken);
        if (records.Position is not { } position)
            return PublishAsync(records, null, cancellationToken);
        return _partitions.ContainsKey(position.Partition.Topic)
            ? PublishAndCommitAsync(records, position, cancellationToken)
            : PublishWithCheckpointAsync(records, position, cancellationToken);
    }

    public async Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken cancellationToken)
    {
        if (!_partitions.ContainsKey(partition.Topic))
            return await _checkpoints.FindAsync(group, partition, cancellationToken);
        var committed = await _admin.PositionsAsync(group, [new(_settings.Prefix + partition.Topic, partition.Partition)], cancellationToken);
        return Math.Max(0, committed[0]);
    }

    public IPartitionReader OpenReader(TopicPartition partition, long from) => new KafkaReader(_settings, _admin, partition, from);

    public Task<ImmutableDictionary<int, PartitionOwner>> OwnersAsync(string topic, string group, CancellationToken cancellationToken) => _admin.OwnersAsync(topic, group, cancellationToken);

    public async Task<MessageLogStatus> StatusAsync(CancellationToken cancellationToken) =>
        await _status.ReadAsync(cancellationToken)
        ?? throw new MessageLogException($"The topics at {_settings.BootstrapServers} are gone: restart to create them anew");

    public ValueTask DisposeAsync()
    {
        _transactions.Dispose();
        _publisher.Dispose();
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<int> PublishAsync(RecordBatch records, CheckpointStamp? stamp, CancellationToken cancellationToken)
    {
        Acknowledgements acknowledged;
        using (records)
            acknowledged = await _publisher.HandOverAsync(records, stamp, cancellationToken);
        return await acknowledged.AllAsync();
    }

    async Task<int> PublishInTransactionAsync(RecordBatch records, CancellationToken cancellationToken)
    {
        using (records)
        {
            var offsets = new List<(ConsumerOffset Offset, IKafkaPartition Partition)>();
            foreach (var offset in records.Offsets)
            {
                offsets.Add(_assigned.TryGetValue((offset.Group, offset.Partition), out var assigned) && !assigned.Commits.IsEnded
                    && assigned.Commits.ToCommit(offset.NextOffset) >= offset.NextOffset
                    ? (offset, assigned.Commits)
                    : throw new PartitionRevokedException(offset.Partition.Partition, $"{offset.Partition} is assigned to another consumer of group {offset.Group}: what was read of it is published there"));
            }

            var (group, topic) = (records.Offsets[0].Group, records.Offsets[0].Partition.Topic);
            var partitions = _assigned.Where(of => of.Key.Group == group && of.Key.Partition.Topic == topic && !of.Value.Commits.IsEnded).Select(of => of.Key.Partition.Partition).ToArray();
            await _transactions.PublishAsync(records, offsets, partitions, cancellationToken);
            return records.Count;
        }
    }

    async Task<int> PublishWithCheckpointAsync(RecordBatch records, ConsumerOffset position, CancellationToken cancellationToken)
    {
        var published = await PublishAsync(records, _checkpoints.StampFor(position, records.Count), cancellationToken);
        _checkpoints.Moved(position);
        return published;
    }

    async Task<int> PublishAndCommitAsync(RecordBatch records, ConsumerOffset position, CancellationToken cancellationToken)
    {
        if (!_assigned.TryGetValue((position.Group, position.Partition), out var partition))
        {
            records.Dispose();
            throw new MessageLogException($"Group {position.Group} is not assigned {position.Partition} in this process: there is nothing to commit");
        }

        var count = records.Count;
        try
        {
            return await partition.InFlight.PublishAsync(records, _publisher, () => partition.Commits.CommitAsync(position.NextOffset), cancellationToken);
        }
        catch (Exception e) when (partition.Commits.IsEnded || IsGone(e))
        {
            // The partition was assigned to another consumer, which reads from the last commit on and publishes this batch again.
            return count;
        }
        catch (Exception e) when (e is not MessageLogException)
        {
            throw new MessageLogException($"Committing {position.Partition} to offset {position.NextOffset} in group {position.Group} at {_settings.BootstrapServers} failed: {e.GetBaseException().Message}", e);
        }
    }

    /// <summary>The consumer knows that the partition was revoked, which its source may not have signalled yet.</summary>
    static bool IsGone(Exception e) => e.GetBaseException() is KafkaException { Error.Code: ErrorCode.Local_State };
}
