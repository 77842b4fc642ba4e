using Confluent.Kafka;
using FraudStreams.Diagnostics;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Reads a partition with a consumer of its own that joins no group.</summary>
sealed class KafkaReader : IPartitionReader
{
    const int ChunkRecords = 2000;

    readonly KafkaSettings _settings;
    readonly KafkaAdmin _admin;
    readonly TopicPartition _partition;
    readonly Lazy<IConsumer<byte[], byte[]>> _consumer;

    /// <summary>The next offset to read; advanced past offsets without a record once they are known.</summary>
    long _next;
    bool _reachedEnd;

    public KafkaReader(KafkaSettings settings, KafkaAdmin admin, TopicPartition partition, long from)
    {
        (_settings, _admin, _partition, _next) = (settings, admin, partition, from);
        _consumer = new Lazy<IConsumer<byte[], byte[]>>(Open);
    }

    /// <summary>
    /// The first records of the first partition that has any. None if the topic is missing or empty, or if this user may not read it: a producer may have
    /// permission to write only.
    /// </summary>
    public static async Task<IReadOnlyList<TopicRecord>> FirstRecordsAsync(KafkaSettings settings, string topic, CancellationToken cancellationToken)
    {
        using var admin = new KafkaAdmin(settings);
        if (!(await admin.PartitionsAsync(cancellationToken)).TryGetValue(settings.Prefix + topic, out var count))
            return [];
        KafkaPartition[] partitions = [.. Enumerable.Range(0, count).Select(number => new KafkaPartition(settings.Prefix + topic, number))];
        try
        {
            foreach (var (partition, bounds) in partitions.Zip(await admin.BoundsAsync(partitions, cancellationToken)))
            {
                if (bounds.First >= bounds.End)
                    continue;
                await using var reader = new KafkaReader(settings, admin, new TopicPartition(topic, partition.Partition.Value), bounds.First);
                if (await reader.NextAsync(wait: true, cancellationToken) is { Count: > 0 } records)
                    return records;
            }
        }
        catch (MessageLogException e) when (e.InnerException is KafkaException refused
            && BrokerErrors.FirstOf(refused).Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed)
        {
            return [];
        }
        return [];
    }

    public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken cancellationToken)
    {
        // Records that the client has prefetched need no blocking thread.
        if (_consumer.IsValueCreated && Next(mayBlock: false) is var fetched && (fetched.Count > 0 || !wait))
            return fetched;
        if (!wait)
            return await BlockingCall.RunAsync(() => Next(mayBlock: false), cancellationToken);

        // Once the end was reached, only later appends are missing: the broker is asked whether there are any.
        while (!_reachedEnd || await EndAsync(cancellationToken) > _next)
        {
            if (await BlockingCall.RunAsync(() => Next(mayBlock: true), cancellationToken) is { Count: > 0 } records)
                return records;
        }

        return [];
    }

    public ValueTask DisposeAsync()
    {
        if (_consumer.IsValueCreated)
            _consumer.Value.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<long> EndAsync(CancellationToken cancellationToken) =>
        (await _admin.BoundsAsync([new KafkaPartition(_settings.Prefix + _partition.Topic, _partition.Partition)], cancellationToken))[0].End;

    IConsumer<byte[], byte[]> Open()
    {
        var properties = _settings.Properties
            .SetItem("group.id", _settings.Prefix + "readers").SetItem("enable.auto.commit", "false").SetItem("auto.offset.reset", "earliest")
            .SetItem("enable.partition.eof", "true").SetItem("fetch.wait.max.ms", "50").SetItem("dotnet.consumer.consume.result.fields", "timestamp,topic");
        var consumer = new ConsumerBuilder<byte[], byte[]>(properties).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(_settings.Prefix + _partition.Topic, _partition.Partition, _next));
        return consumer;
    }

    List<TopicRecord> Next(bool mayBlock)
    {
        var started = TimeProvider.System.GetTimestamp();
        var chunk = new List<TopicRecord>();
        while (chunk.Count < ChunkRecords)
        {
            var waits = mayBlock && chunk.Count == 0;
            var left = waits ? _settings.Timeout - TimeProvider.System.GetElapsedTime(started) : TimeSpan.Zero;
            var record = Consume(left < TimeSpan.Zero ? TimeSpan.Zero : left);
            if (record is null && waits && left <= TimeSpan.Zero)
                throw NothingArrived();
            if (record is null && !waits)
                break;
            if (record is null)
                continue;
            if (record.IsPartitionEOF)
            {
                // Behind the last record there may be offsets without a record, such as a transaction's marker.
                (_reachedEnd, _next) = (true, Math.Max(_next, record.Offset.Value));
                break;
            }

            _next = record.Offset.Value + 1;
            chunk.Add(new TopicRecord(_partition, record.Offset.Value, record.Message.Key, record.Message.Value, record.Message.Timestamp.UnixTimestampMs));
        }

        return chunk;
    }

    MessageLogException NothingArrived() =>
        new($"{_partition}: no record arrived from {_settings.BootstrapServers} within {_settings.Timeout.TotalSeconds:0.#} s");

    ConsumeResult<byte[], byte[]>? Consume(TimeSpan wait)
    {
        try
        {
            return _consumer.Value.Consume(wait);
        }
        catch (KafkaException e) when (BrokerErrors.IsTransient(e.Error.Code))
        {
            return null;
        }
        catch (KafkaException e)
        {
            throw new MessageLogException($"{_partition} cannot be read from {_settings.BootstrapServers}: {e.Error.Reason}", e);
        }
    }
}
