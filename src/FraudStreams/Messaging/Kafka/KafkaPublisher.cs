using System.Collections.Immutable;
using System.Globalization;
using Akka.Event;
using Confluent.Kafka;
using FraudStreams.Diagnostics;
using FraudStreams.Topics;
using Error = Confluent.Kafka.Error;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Publishes batches with an idempotent producer that all replicas have to acknowledge. A batch is safe when its task completes. The partition
/// is chosen here and not by the client, so that who looks for a record knows where it went.
/// </summary>
sealed class KafkaPublisher : IDisposable
{
    readonly ErrorThrottle _errors;
    readonly KafkaSettings _settings;
    readonly ImmutableSortedDictionary<string, string> _properties;
    readonly ImmutableSortedDictionary<string, int> _partitions;
    readonly Lock _gate = new();
    IProducer<byte[], byte[]>? _producer;
    RecordPartitioner _partitioner;

    /// <param name="longest">The most bytes that a record of any topic may have: the client refuses longer ones by itself.</param>
    public KafkaPublisher(KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, int longest, ILoggingAdapter log)
    {
        _errors = new ErrorThrottle(log, $"The producer at {settings.BootstrapServers}", TimeProvider.System);
        _settings = settings;
        _partitions = partitions;
        _properties = settings.ProducerProperties.SetItem("dotnet.producer.delivery.report.fields", "none")
            .SetItem("message.max.bytes", Math.Clamp(longest + KafkaAdmin.RecordFrame, 1000, 1_000_000_000).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Gives the records to the producer, which has them from then on.</summary>
    /// <param name="stamp">Says for each record by its place in the batch and its partition what headers it gets, or that it is there already.</param>
    public async Task<Acknowledgements> HandOverAsync(RecordBatch records, CheckpointStamp? stamp, CancellationToken ct)
    {
        var acknowledged = new Acknowledgements(records.Count);
        for (var record = 0; record < records.Count; record++)
        {
            var topic = records.Topic(record);
            var partition = PartitionOf(topic, records.Key(record));
            if (stamp?.IsThere(record, topic, partition) == true)
            {
                acknowledged.Skip();
                continue;
            }

            var message = new Message<byte[], byte[]>
            {
                Key = records.Key(record).ToArray(),
                Value = records.Value(record).ToArray(),
                Headers = stamp?.HeadersOf(record),
            };
            await ProduceAsync(new Confluent.Kafka.TopicPartition(_settings.Prefix + topic, partition), message, acknowledged.OnDelivered, ct);
        }

        return acknowledged;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _producer?.Dispose();
            _producer = null;
        }
    }

    int PartitionOf(string topic, ReadOnlySpan<byte> key)
    {
        if (!_partitions.TryGetValue(topic, out var partitions))
            throw new MessageLogException($"there is no topic {topic}");
        lock (_gate)
            return _partitioner.PartitionOf(key, partitions);
    }

    async Task ProduceAsync(
        Confluent.Kafka.TopicPartition partition, Message<byte[], byte[]> message, Action<DeliveryReport<byte[], byte[]>> onDelivered, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                Producer().Produce(partition, message, onDelivered);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, ct);
            }
            catch (KafkaException e)
            {
                throw new MessageLogException($"Publishing to {partition.Topic} at {_settings.BootstrapServers} failed: {e.Error.Reason}", e);
            }
        }
    }

    /// <summary>A fatal error ends a producer for good; the next batch gets a new one.</summary>
    IProducer<byte[], byte[]> Producer()
    {
        lock (_gate)
            return _producer ??= new ProducerBuilder<byte[], byte[]>(_properties).SetErrorHandler(OnError).SetLogHandler((_, _) => { }).Build();
    }

    void OnError(IProducer<byte[], byte[]> producer, Error error)
    {
        if (!error.IsFatal)
        {
            // The client tries again by itself, and what waits for an acknowledgement waits as long.
            _errors.Warn(error.Reason);
            return;
        }

        lock (_gate)
        {
            if (ReferenceEquals(_producer, producer))
                _producer = null;
        }

        _ = BlockingCall.RunAsync(producer.Dispose);
    }
}
