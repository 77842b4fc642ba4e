using Confluent.Kafka;

namespace FraudStreams.Topics.Kafka;

/// <summary>Reads a partition by a consumer of its own that joins no group.</summary>
sealed class KafkaReader : IPartitionReader
{
    const int ChunkRecords = 2000;

    readonly KafkaSettings _settings;
    readonly TopicPartition _partition;
    readonly Lazy<IConsumer<byte[], byte[]>> _consumer;
    long _next;
    bool _sawEnd;

    public KafkaReader(KafkaSettings settings, TopicPartition partition, long from)
    {
        (_settings, _partition, _next) = (settings, partition, from);
        _consumer = new Lazy<IConsumer<byte[], byte[]>>(Open);
    }

    public Task<IReadOnlyList<TopicRecord>> NextAsync(bool wait, CancellationToken ct) => WaitingThread.RunAsync<IReadOnlyList<TopicRecord>>(() => Next(wait), ct);

    public ValueTask DisposeAsync()
    {
        if (_consumer.IsValueCreated)
            _consumer.Value.Dispose();
        return ValueTask.CompletedTask;
    }

    IConsumer<byte[], byte[]> Open()
    {
        var properties = _settings.Properties
            .SetItem("group.id", _settings.Prefix + "readers").SetItem("enable.auto.commit", "false").SetItem("auto.offset.reset", "earliest")
            .SetItem("enable.partition.eof", "true").SetItem("fetch.wait.max.ms", "50").SetItem("dotnet.consumer.consume.result.fields", "timestamp,topic");
        var consumer = new ConsumerBuilder<byte[], byte[]>(properties).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(_settings.Prefix + _partition.Topic, _partition.Partition, _next));
        return consumer;
    }

    List<TopicRecord> Next(bool wait)
    {
        var chunk = new List<TopicRecord>();
        try
        {
            while (chunk.Count < ChunkRecords)
            {
                // Once the end was met, what is not here yet came after it; whether there is such, the broker knows.
                var mayWait = chunk.Count == 0 && wait && (!_sawEnd || IsMore());
                var record = _consumer.Value.Consume(mayWait ? _settings.Timeout : TimeSpan.Zero);
                if (record is null && mayWait)
                    throw new TopicsException($"{_partition}: nothing came from {_settings.BootstrapServers} within {_settings.Timeout.TotalSeconds:0.#} s");
                if (record is null)
                    break;
                if (record.IsPartitionEOF)
                {
                    _sawEnd = true;
                    continue;
                }

                _next = record.Offset.Value + 1;
                chunk.Add(new TopicRecord(_partition, record.Offset.Value, record.Message.Key, record.Message.Value, record.Message.Timestamp.UnixTimestampMs));
            }
        }
        catch (KafkaException e)
        {
            throw new TopicsException($"{_partition} cannot be read from {_settings.BootstrapServers}: {e.Error.Reason}", e);
        }

        return chunk;
    }

    bool IsMore() =>
        _consumer.Value.QueryWatermarkOffsets(new Confluent.Kafka.TopicPartition(_settings.Prefix + _partition.Topic, _partition.Partition), _settings.Timeout).High.Value > _next;
}
