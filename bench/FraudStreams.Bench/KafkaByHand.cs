using System.Buffers;
using Confluent.Kafka;
using FraudStreams.Configuration;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Bench;

/// <summary>
/// The baseline of <see cref="KafkaBench"/>: a plain loop on the same client, with the same client settings, readers and model. Consume up to 5,000
/// payments, score them, produce the predictions, wait for all acknowledgements, commit. One thread, no restart, no rate limiter; an invalid
/// record ends it.
/// </summary>
static class KafkaByHand
{
    const int BatchRows = 5000;

    public static void Run(string modelFolder, string servers, string prefix)
    {
        var model = ModelArtifact.Load(modelFolder);
        if (!model.Schema.WindowFeatures.IsEmpty)
            throw new ArgumentException($"the loop by hand has no window state, and schema {model.Schema.Name} has window features; use another model");
        var settings = FraudSettings.From(new ConfigLayers("hocon/kafka.conf", [$"topics.kafka.bootstrap-servers={servers}", $"topics.kafka.prefix={prefix}"]).Load()).Topics.Kafka!;
        using var consumer = new ConsumerBuilder<byte[], byte[]>(settings.ConsumerProperties(prefix + "by-hand").SetItem("enable.auto.offset.store", "true")).Build();
        using var producer = new ProducerBuilder<byte[], byte[]>(settings.ProducerProperties).Build();
        consumer.Subscribe(prefix + TopicNames.Transactions);

        var reader = new TransactionReader(model.Schema);
        using var rows = new TransactionRows(model.Schema);
        var scores = new double[BatchRows];
        var keys = new List<byte[]>(BatchRows);
        var value = new ArrayBufferWriter<byte>();
        var ends = new HashSet<int>();
        Error? failed = null;
        while (true)
        {
            rows.Clear();
            keys.Clear();
            while (rows.Count < BatchRows && consumer.Consume(rows.Count == 0 ? 1000 : 0) is { } record)
            {
                if (record.IsPartitionEOF)
                {
                    ends.Add(record.Partition.Value);
                    continue;
                }

                if (reader.Read(record.Message.Value, rows) is { } reason)
                    throw new InvalidDataException($"{record.TopicPartitionOffset}: {reason.Message}");
                keys.Add(record.Message.Key);
            }

            if (rows.Count == 0)
            {
                if (ends.Count > 0 && ends.Count == consumer.Assignment.Count)
                    break;
                continue;
            }

            model.Score(rows, scores.AsSpan(0, rows.Count));
            for (var row = 0; row < rows.Count; row++)
            {
                value.ResetWrittenCount();
                PredictionWriter.Write(value, rows.Source(row), scores[row], scores[row] >= model.Threshold, model.Version, TimeProvider.System.GetUtcNow());
                producer.Produce(prefix + TopicNames.Predictions, new Message<byte[], byte[]> { Key = keys[row], Value = value.WrittenSpan.ToArray() },
                    report => failed ??= report.Error.IsError ? report.Error : null);
            }

            producer.Flush(Timeout.InfiniteTimeSpan);
            if (failed is not null)
                throw new KafkaException(failed);
            consumer.Commit();
        }

        consumer.Close();
    }
}
