using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using FraudStreams.Diagnostics;
using Microsoft.Extensions.Logging;
using Error = Confluent.Kafka.Error;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// Publishes batches with an idempotent producer and acks=all. A batch is durable when its task completes. The partition is chosen here and not by
/// the client, so that a search for a record knows its partition.
/// </summary>
sealed class KafkaPublisher : IDisposable
{
    /// <summary>librdkafka's name of the setting that makes a producer one of transactions.</summary>
    public const string TransactionalId = "transactional.id";

    readonly ErrorThrottle _errors;
    readonly KafkaSettings _settings;
    readonly ImmutableSortedDictionary<string, string> _properties;
    readonly ImmutableSortedDictionary<string, int> _partitions;
    readonly Lock _gate = new();
    IProducer<byte[], byte[]>? _producer;
    Task _closing = Task.CompletedTask;
    RecordPartitioner _partitioner;

    /// <param name="longest">The maximum record size over all topics, in bytes: the client refuses longer ones by itself.</param>
    /// <param name="properties">Beside those of every producer.</param>
    public KafkaPublisher(
        KafkaSettings settings, ImmutableSortedDictionary<string, int> partitions, int longest, ILogger log, ImmutableSortedDictionary<string, string>? properties = null)
    {
        _errors = new ErrorThrottle(log, $"The producer at {settings.BootstrapServers}", TimeProvider.System);
        _settings = settings;
        _partitioner = new RecordPartitioner(settings.PlaceOf);
        _partitions = partitions;
        _properties = settings.ProducerProperties.SetItem("dotnet.producer.delivery.report.fields", "none")
            .SetItem("message.max.bytes", Math.Clamp(longest + KafkaAdmin.RecordFrame, 1000, 1_000_000_000).ToString(CultureInfo.InvariantCulture))
            .SetItems(properties ?? ImmutableSortedDictionary<string, string>.Empty);
    }

    /// <summary>Hands the records to the producer, which owns them from then on.</summary>
    /// <param name="stamp">Gives each record its checkpoint header, by its index in the batch, or tells that its partition has it already.</param>
    public async Task<Acknowledgements> HandOverAsync(RecordBatch records, CheckpointStamp? stamp, CancellationToken cancellationToken)
    {
        var acknowledged = new Acknowledgements(records.Count, _errors.Worked);
        for (var record = 0; record < records.Count; record++)
        {
            var topic = records.Topic(record);
            var partition = PartitionOf(topic, records.Key(record));
            if (stamp?.IsPublished(record, topic, partition) == true)
            {
                acknowledged.Skip();
                continue;
            }

            var message = new Message<byte[], byte[]>
            {
                Key = records.Key(record).ToArray(),
                Value = records.Value(record).ToArray(),
                Headers = HeadersOf(stamp, record, records.TraceParent(record)),
            };
            await ProduceAsync(new Confluent.Kafka.TopicPartition(_settings.Prefix + topic, partition), message, acknowledged.OnDelivered, cancellationToken);
        }

        return acknowledged;
    }

    public void Dispose()
    {
        Task closing;
        lock (_gate)
        {
            _producer?.Dispose();
            _producer = null;
            closing = _closing;
        }

        closing.Wait(KafkaClients.CloseTimeout);
    }

    static Headers? HeadersOf(CheckpointStamp? stamp, int record, string? traceParent)
    {
        var headers = stamp?.HeadersOf(record);
        if (traceParent is not null)
            (headers ??= []).Add(TraceHeader.Key, Encoding.ASCII.GetBytes(traceParent));
        return headers;
    }

    int PartitionOf(string topic, ReadOnlySpan<byte> key)
    {
        if (!_partitions.TryGetValue(topic, out var partitions))
            throw new MessageLogException($"there is no topic {topic}");
        lock (_gate)
            return _partitioner.PartitionOf(key, partitions);
    }

    async Task ProduceAsync(
        Confluent.Kafka.TopicPartition partition, Message<byte[], byte[]> message, Action<DeliveryReport<byte[], byte[]>> onDelivered,
        CancellationToken cancellationToken)
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
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            }
            catch (KafkaException e)
            {
                throw new MessageLogException($"Publishing to {partition.Topic} at {_settings.BootstrapServers} failed: {e.Error.Reason}", e);
            }
        }
    }

    /// <summary>After a fatal error a producer is unusable; the next batch gets a new one.</summary>
    public IProducer<byte[], byte[]> Producer()
    {
        lock (_gate)
            return _producer ??= new ProducerBuilder<byte[], byte[]>(_properties).SetErrorHandler(OnError).SetLogHandler((_, _) => { }).Build();
    }

    void OnError(IProducer<byte[], byte[]> producer, Error error)
    {
        if (!error.IsFatal || _properties.ContainsKey(TransactionalId))
        {
            // The client retries by itself; publishes that wait for an acknowledgement wait as long. A transaction fails, and whoever runs it closes the producer.
            _errors.Warn(error.Reason);
            return;
        }

        lock (_gate)
        {
            if (ReferenceEquals(_producer, producer))
                _producer = null;
            _closing = Task.WhenAll(_closing, BlockingCall.RunAsync(producer.Dispose));
        }
    }
}
