using Confluent.Kafka;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace FraudStreams.Messaging.Kafka;

/// <summary>Reads a partition by a consumer of its own that joins no group.</summary>
sealed class KafkaReader : IPartitionReader
{
    const int ChunkRecords = 2000;

    readonly KafkaSettings _settings;
    readonly KafkaAdmin _admin;
    readonly TopicPartition _partition;
    readonly Lazy<IConsumer<byte[], byte[]>> _consumer;

    /// <summary>The offset that is looked at next; past offsets that hold no record, once that is known.</summary>
    long _next;
    bool _sawEnd;

    public KafkaReader(KafkaSettings settings, KafkaAdmin admin, TopicPartition partition, long from)
    {
        (_settings, _admin, _partition, _next) = (settings, admin, partition, from);
        _consumer = new Lazy<IConsumer<byte[], byte[]>>(Open);
    }

    public async Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken ct)
    {
        // What the client has fetched already needs no thread that may wait.
        if (_consumer.IsValueCreated && Next(mayWait: false) is { Count: > 0 } fetched)
            return fetched;
        if (!wait)
            return await BlockingCall.RunAsync(() => Next(mayWait: false), ct);

        // Once the end was met, what is not here yet came after it; whether there is such, the broker knows.
        while (!_sawEnd || await EndAsync(ct) > _next)
        {
            if (await BlockingCall.RunAsync(() => Next(mayWait: true), ct) is { Count: > 0 } records)
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

    async Task<long> EndAsync(CancellationToken ct) =>
        (await _admin.BoundsAsync([new KafkaPartition(_settings.Prefix + _partition.Topic, _partition.Partition)], ct))[0].End;

    IConsumer<byte[], byte[]> Open()
    {
        var properties = _settings.Properties
            .SetItem("group.id", _settings.Prefix + "readers").SetItem("enable.auto.commit", "false").SetItem("auto.offset.reset", "earliest")
            .SetItem("enable.partition.eof", "true").SetItem("fetch.wait.max.ms", "50").SetItem("dotnet.consumer.consume.result.fields", "timestamp,topic");
        var consumer = new ConsumerBuilder<byte[], byte[]>(properties).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(_settings.Prefix + _partition.Topic, _partition.Partition, _next));
        return consumer;
    }

    List<TopicRecord> Next(bool mayWait)
    {
        var started = TimeProvider.System.GetTimestamp();
        var chunk = new List<TopicRecord>();
        while (chunk.Count < ChunkRecords)
        {
            var waits = mayWait && chunk.Count == 0;
            var left = waits ? _settings.Timeout - TimeProvider.System.GetElapsedTime(started) : TimeSpan.Zero;
            var record = Consume(left < TimeSpan.Zero ? TimeSpan.Zero : left);
            if (record is null && waits && left <= TimeSpan.Zero)
                throw new MessageLogException($"{_partition}: nothing came from {_settings.BootstrapServers} within {_settings.Timeout.TotalSeconds:0.#} s");
            if (record is null && !waits)
                break;
            if (record is null)
                continue;
            if (record.IsPartitionEOF)
            {
                // Behind the last record there may be offsets without one, such as a transaction's marker.
                (_sawEnd, _next) = (true, Math.Max(_next, record.Offset.Value));
                break;
            }

            _next = record.Offset.Value + 1;
            chunk.Add(new TopicRecord(_partition, record.Offset.Value, record.Message.Key, record.Message.Value, record.Message.Timestamp.UnixTimestampMs));
        }

        return chunk;
    }

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
