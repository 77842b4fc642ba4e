using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Event;
using Akka.Streams.Dsl;
using Confluent.Kafka;
using FraudStreams.Topics;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Topics of a Kafka cluster. Records are published first and the group's position is committed after them, so a process that dies in between
/// has its last batch published again; who keeps its place in something else than a topic keeps it in the records themselves (<see cref="ProducerCheckpoints"/>).
/// </summary>
public sealed class KafkaMessageLog : IMessageLog
{
    readonly KafkaSettings _settings;
    readonly ImmutableSortedDictionary<string, int> _partitions;
    readonly ILoggingAdapter _log;
    readonly KafkaAdmin _admin;
    readonly KafkaPublisher _publisher;
    readonly KafkaStatus _status;
    readonly ProducerCheckpoints _places;
    readonly Dictionary<string, int> _longest;
    readonly ConcurrentDictionary<(string Group, TopicPartition Partition), KafkaPartition> _given = [];

    KafkaMessageLog(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, Dictionary<string, int> longest, KafkaAdmin admin, ILoggingAdapter log)
    {
        _longest = longest;
        _settings = settings;
        _partitions = partitions;
        _log = log;
        _admin = admin;
        _publisher = new KafkaPublisher(settings, partitions, longest.Values.Max(), log);
        _status = new KafkaStatus(settings, admin);
        _places = new ProducerCheckpoints(settings, admin, partitions);
    }

    /// <summary>A partition that this process has, and its batches on their way, in the order in which they were read.</summary>
    sealed record KafkaPartition(IKafkaPartition Commits)
    {
        public OrderedCommitQueue Line { get; } = new();
    }

    /// <summary>Makes the topics that the cluster lacks.</summary>
    /// <exception cref="MessageLogException">No broker answers, the topics may not be made, or one has another number of partitions.</exception>
    public static KafkaMessageLog Open(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, ILoggingAdapter log)
    {
        var admin = new KafkaAdmin(settings);
        try
        {
            return OpenAsync(settings, partitions, admin, log).GetAwaiter().GetResult();
        }
        catch
        {
            admin.Dispose();
            throw;
        }
    }

    static async Task<KafkaMessageLog> OpenAsync(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, KafkaAdmin admin, ILoggingAdapter log)
    {
        await KafkaTopicProvisioner.MakeAsync(admin, settings, partitions, null, CancellationToken.None);
        var longest = await admin.LongestRecordsAsync(partitions.Keys, CancellationToken.None);
        return new KafkaMessageLog(settings, partitions, longest, admin, log);
    }

    public int MaxInFlightBatches => 4;

    public int LongestRecord(string topic) => _longest[topic];

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => KafkaGroupSource
        .Create(_settings, topic, group, _partitions[topic], _log)
        .Select(given =>
        {
            var partition = new TopicPartition(topic, given.Partition);
            _given[(group, partition)] = new KafkaPartition(given.Commits);
            return new TopicPartitionSource(partition, given.Chunks);
        });

    public Task<int> PublishAsync(RecordBatch records, CancellationToken ct)
    {
        if (records.Position is not { } position)
            return PublishAsync(records, null, ct);
        return _partitions.ContainsKey(position.Partition.Topic) ? PublishAndCommitAsync(records, position, ct) : PublishAndMoveAsync(records, position, ct);
    }

    public async Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken ct) => _partitions.ContainsKey(partition.Topic)
        ? Math.Max(0, (await _admin.PositionsAsync(group, [new(_settings.Prefix + partition.Topic, partition.Partition)], ct))[0])
        : await _places.FindAsync(group, partition, ct);

    public IPartitionReader OpenReader(TopicPartition partition, long from) => new KafkaReader(_settings, _admin, partition, from);

    public async Task<MessageLogStatus> StatusAsync(CancellationToken ct) =>
        await _status.ReadAsync(_partitions, ct) ?? throw new MessageLogException($"The topics at {_settings.BootstrapServers} are gone: start again to make them anew");

    public ValueTask DisposeAsync()
    {
        _publisher.Dispose();
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<int> PublishAsync(RecordBatch records, CheckpointStamp? stamp, CancellationToken ct)
    {
        Acknowledgements acknowledged;
        using (records)
            acknowledged = await _publisher.HandOverAsync(records, stamp, ct);
        return await acknowledged.AllAsync();
    }

    async Task<int> PublishAndMoveAsync(RecordBatch records, ConsumerOffset position, CancellationToken ct)
    {
        var published = await PublishAsync(records, _places.StampFor(position, records.Count), ct);
        _places.Moved(position);
        return published;
    }

    async Task<int> PublishAndCommitAsync(RecordBatch records, ConsumerOffset position, CancellationToken ct)
    {
        if (!_given.TryGetValue((position.Group, position.Partition), out var partition))
        {
            records.Dispose();
            throw new MessageLogException($"Group {position.Group} does not read {position.Partition} here: there is nothing to commit");
        }

        var count = records.Count;
        try
        {
            return await partition.Line.PublishAsync(records, _publisher, () => partition.Commits.CommitAsync(position.NextOffset), ct);
        }
        catch (Exception e) when (partition.Commits.IsEnded || IsGone(e))
        {
            // The partition went to another consumer, which reads from the last commit on and publishes this batch again.
            return count;
        }
        catch (Exception e) when (e is not MessageLogException)
        {
            throw new MessageLogException($"Committing {position.Partition} to offset {position.NextOffset} in group {position.Group} at {_settings.BootstrapServers} failed: {e.GetBaseException().Message}", e);
        }
    }

    /// <summary>The consumer knows that the partition was taken away, which its source's end may not have told yet.</summary>
    static bool IsGone(Exception e) => e.GetBaseException() is KafkaException { Error.Code: ErrorCode.Local_State };
}
