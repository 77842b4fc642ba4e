using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Kafka.Dsl;
using Akka.Streams.Kafka.Messages;
using Akka.Streams.Kafka.Settings;
using Confluent.Kafka;
using ConsumerMessage = Akka.Streams.Kafka.Messages.CommittableMessage<byte[], byte[]>;

namespace FraudStreams.Topics.Kafka;

/// <summary>
/// Topics of a Kafka cluster. Records are published first and the group's position is committed after them, so a process that dies in between
/// has its last batch published again; who keeps its place in something else than a topic keeps it in the records themselves (<see cref="Places"/>).
/// </summary>
public sealed class KafkaTopics : ITopics
{
    const string AssignmentStrategy = "partition.assignment.strategy";

    /// <summary>2.3.0, as librdkafka writes versions.</summary>
    const int FirstThatMayCooperate = 0x02_03_00_00;

    readonly KafkaSettings _settings;
    readonly ImmutableSortedDictionary<string, int> _partitions;
    readonly ConsumerSettings<byte[], byte[]> _consumers;
    readonly KafkaPublisher _publisher;
    readonly KafkaStatus _status;
    readonly Places _places;
    readonly ConcurrentDictionary<(string Group, TopicPartition Partition), UncommittedOffsets> _uncommitted = [];

    KafkaTopics(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, ActorSystem system)
    {
        _settings = settings;
        _partitions = partitions;
        _consumers = SharedOutSafely(system.Log, ConsumerSettings<byte[], byte[]>.Create(system, Deserializers.ByteArray, Deserializers.ByteArray)
            .WithProperties(settings.Properties)
            .WithProperty("auto.offset.reset", "earliest")
            .WithProperty("enable.auto.commit", "false")
            .WithProperty("dotnet.consumer.consume.result.fields", "timestamp,topic"));
        _publisher = new KafkaPublisher(
            ProducerSettings<byte[], byte[]>.Create(system, Serializers.ByteArray, Serializers.ByteArray).WithProperties(settings.Properties), settings, partitions, system.Log);
        _status = new KafkaStatus(settings);
        _places = new Places(settings, partitions);
    }

    /// <summary>
    /// librdkafka before 2.3 aborts the process where a cooperative consumer closes between joining its group and its first assignment
    /// (confluentinc/librdkafka issue 4312): with such a library partitions are shared out anew at each change, and hosts can come and go.
    /// </summary>
    static ConsumerSettings<byte[], byte[]> SharedOutSafely(ILoggingAdapter log, ConsumerSettings<byte[], byte[]> consumers)
    {
        if (Library.Version >= FirstThatMayCooperate || consumers.GetProperty(AssignmentStrategy) != "cooperative-sticky")
            return consumers;
        log.Info("librdkafka {0} cannot be trusted with {1} = cooperative-sticky (2.3 can): it is range here", Library.VersionString, AssignmentStrategy);
        return consumers.WithProperty(AssignmentStrategy, "range");
    }

    /// <summary>Makes the topics that the cluster lacks.</summary>
    /// <exception cref="TopicsException">No broker answers, the topics may not be made, or one has another number of partitions.</exception>
    public static KafkaTopics Open(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, ActorSystem system)
    {
        KafkaLibrary.Require();
        new KafkaTopicMaker(settings).Make(partitions);
        return new KafkaTopics(settings, partitions, system);
    }

    public int BatchesUnderWay => 4;

    public Source<TopicPartitionSource, NotUsed> Consume(string topic, string group) => KafkaConsumer
        .CommittablePartitionedSource(_consumers.WithGroupId(_settings.Prefix + group), Subscriptions.Topics(_settings.Prefix + topic))
        .Select(given => new TopicPartitionSource(
            new TopicPartition(topic, given.Item1.Partition.Value), Records(new TopicPartition(topic, given.Item1.Partition.Value), group, given.Item2)))
        .MapMaterializedValue(_ => NotUsed.Instance);

    public Task PublishAsync(OutgoingRecords records, CancellationToken ct)
    {
        if (records.Position is not { } position)
            return PublishAsync(records, null, ct);
        return _partitions.ContainsKey(position.Partition.Topic) ? PublishAndCommitAsync(records, position, ct) : PublishAndMoveAsync(records, position, ct);
    }

    public Task<long> PositionAsync(string group, TopicPartition partition, CancellationToken ct) => _partitions.ContainsKey(partition.Topic)
        ? WaitingThread.RunAsync(() => _status.Committed(group, partition), ct)
        : WaitingThread.RunAsync(() => _places.Find(group, partition), ct);

    public IPartitionReader OpenReader(TopicPartition partition, long from) => new KafkaReader(_settings, partition, from);

    public Task<TopicsStatus> StatusAsync(CancellationToken ct) => WaitingThread.RunAsync(() => _status.Read(_partitions), ct);

    public ValueTask DisposeAsync()
    {
        _publisher.Dispose();
        _status.Dispose();
        return ValueTask.CompletedTask;
    }

    Source<TopicRecord, NotUsed> Records(
        TopicPartition partition, string group, Source<ConsumerMessage, NotUsed> messages)
    {
        var uncommitted = new UncommittedOffsets();
        _uncommitted[(group, partition)] = uncommitted;
        return messages.Select(message =>
        {
            uncommitted.Add(message.CommitableOffset);
            var record = message.Record.Message;
            return new TopicRecord(partition, message.Record.Offset.Value, record.Key, record.Value, record.Timestamp.UnixTimestampMs);
        }).WatchTermination((nothing, ended) =>
        {
            _ = ended.ContinueWith(_ => uncommitted.End(), TaskScheduler.Default);
            return nothing;
        });
    }

    async Task PublishAsync(OutgoingRecords records, PlaceStamp? stamp, CancellationToken ct)
    {
        Acknowledgements acknowledged;
        using (records)
            acknowledged = await _publisher.HandOverAsync(records, stamp, ct);
        await acknowledged.AllAsync();
    }

    async Task PublishAndMoveAsync(OutgoingRecords records, GroupPosition position, CancellationToken ct)
    {
        await PublishAsync(records, _places.StampFor(position, records.Count), ct);
        _places.Moved(position);
    }

    async Task PublishAndCommitAsync(OutgoingRecords records, GroupPosition position, CancellationToken ct)
    {
        if (!_uncommitted.TryGetValue((position.Group, position.Partition), out var uncommitted))
        {
            records.Dispose();
            throw new TopicsException($"Group {position.Group} does not read {position.Partition} here: there is nothing to commit");
        }

        try
        {
            // Nothing to commit has a batch that was read before the partition went away and came back: what it holds was, or will be, read again.
            await uncommitted.Line.PublishAsync(records, _publisher, () => uncommitted.TakeUpTo(position.NextOffset - 1)?.Commit() ?? Task.CompletedTask, ct);
        }
        catch (Exception e) when (uncommitted.IsEnded || IsGone(e))
        {
            // The partition went to another consumer, which reads from the last commit on and publishes this batch again.
        }
        catch (Exception e) when (e is not TopicsException)
        {
            throw new TopicsException($"Committing {position.Partition} to offset {position.NextOffset} in group {position.Group} at {_settings.BootstrapServers} failed: {e.GetBaseException().Message}", e);
        }
    }

    /// <summary>The consumer knows that the partition was taken away, which its source's end may not have told yet.</summary>
    static bool IsGone(Exception e) => e.GetBaseException() is KafkaException { Error.Code: ErrorCode.Local_State };
}
