using System.Runtime.CompilerServices;
using Confluent.Kafka;

namespace FraudStreams.Topics.Kafka;

/// <summary>Reads a stretch of a partition by a consumer of its own that joins no group.</summary>
sealed class KafkaStretch(KafkaSettings settings, TopicPartition partition)
{
    const int ChunkRecords = 2000;

    public async IAsyncEnumerable<IReadOnlyList<TopicRecord>> ReadAsync(long from, long to, [EnumeratorCancellation] CancellationToken ct)
    {
        if (from >= to)
            yield break;
        using var consumer = await Task.Run(() => Open(from), ct);
        for (var ended = false; !ended;)
        {
            var chunk = await Task.Run(() => ReadChunk(consumer, to, out ended), ct);
            if (chunk.Count > 0)
                yield return chunk;
        }
    }

    /// <summary>All that is there now.</summary>
    public IEnumerable<TopicRecord> ReadAll()
    {
        using var consumer = Open(0);
        for (var record = Next(consumer); !record.IsPartitionEOF; record = Next(consumer))
            yield return new TopicRecord(partition, record.Offset.Value, record.Message.Key, record.Message.Value, record.Message.Timestamp.UnixTimestampMs);
    }

    IConsumer<byte[], byte[]> Open(long from)
    {
        var properties = settings.Properties
            .SetItem("group.id", settings.Prefix + "stretches").SetItem("enable.auto.commit", "false").SetItem("auto.offset.reset", "earliest")
            .SetItem("enable.partition.eof", "true").SetItem("dotnet.consumer.consume.result.fields", "timestamp,topic");
        var consumer = new ConsumerBuilder<byte[], byte[]>(properties).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(settings.Prefix + partition.Topic, partition.Partition, from));
        return consumer;
    }

    List<TopicRecord> ReadChunk(IConsumer<byte[], byte[]> consumer, long to, out bool ended)
    {
        var chunk = new List<TopicRecord>(ChunkRecords);
        ended = false;
        while (!ended && chunk.Count < ChunkRecords)
        {
            var record = Next(consumer);
            if (record.IsPartitionEOF || record.Offset.Value >= to)
            {
                ended = true;
                break;
            }

            chunk.Add(new TopicRecord(partition, record.Offset.Value, record.Message.Key, record.Message.Value, record.Message.Timestamp.UnixTimestampMs));
            ended = record.Offset.Value == to - 1;
        }

        return chunk;
    }

    ConsumeResult<byte[], byte[]> Next(IConsumer<byte[], byte[]> consumer)
    {
        try
        {
            return consumer.Consume(settings.Timeout)
                ?? throw new TopicsException($"{partition}: nothing came from {settings.BootstrapServers} within {settings.Timeout.TotalSeconds:0.#} s");
        }
        catch (KafkaException e)
        {
            throw new TopicsException($"{partition} cannot be read from {settings.BootstrapServers}: {e.Error.Reason}", e);
        }
    }
}
