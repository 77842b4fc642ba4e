using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Kafka.Dsl;
using Akka.Streams.Kafka.Messages;
using Akka.Streams.Kafka.Settings;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// The same source on the package Akka.Streams.Kafka, compiled in place of the stages here with -p:KafkaConnector=akka. With it, offsets without a record
/// behind the last one (a transaction's marker) are not committed, partitions beyond the expected count are read, and records lost to retention are not
/// reported.
/// </summary>
static class KafkaGroupSource
{
    const int ChunkRecords = 1000;

    public static Source<KafkaPartitionSource, NotUsed> Create(KafkaSettings settings, string topic, string group, int partitions, ILogger log) =>
        Source.Setup((materializer, _) =>
        {
            materializer.System.Settings.InjectTopLevelFallback(KafkaExtensions.DefaultSettings);
            var consumers = ConsumerSettings<byte[], byte[]>.Create(materializer.System, Deserializers.ByteArray, Deserializers.ByteArray)
                .WithProperties(settings.ConsumerProperties(settings.Prefix + group).SetItem("enable.partition.eof", "false"));
            return KafkaConsumer.CommittablePartitionedSource(consumers, Subscriptions.Topics(settings.Prefix + topic))
                .Select(assigned => Partition(new TopicPartition(topic, assigned.Item1.Partition.Value), assigned.Item2))
                .MapMaterializedValue(_ => NotUsed.Instance);
        }).MapMaterializedValue(_ => NotUsed.Instance);

    static KafkaPartitionSource Partition(TopicPartition partition, Source<CommittableMessage<byte[], byte[]>, NotUsed> messages)
    {
        var commits = new Commits();
        var chunks = messages
            .Batch(ChunkRecords, message => Add([], message), Add)
            .Select(chunk => (IReadOnlyList<TopicRecord>)chunk)
            .WatchTermination((nothing, ended) =>
            {
                _ = ended.ContinueWith(_ => commits.End(), TaskScheduler.Default);
                return nothing;
            });
        return new KafkaPartitionSource(partition.Partition, chunks, commits);

        List<TopicRecord> Add(List<TopicRecord> chunk, CommittableMessage<byte[], byte[]> message)
        {
            commits.Add(message.CommitableOffset);
            var record = message.Record.Message;
            chunk.Add(new TopicRecord(partition, message.Record.Offset.Value, record.Key, record.Value, record.Timestamp.UnixTimestampMs));
            return chunk;
        }
    }

    /// <summary>Offsets read and not yet committed, in order.</summary>
    sealed class Commits : IKafkaPartition
    {
        readonly Queue<ICommittableOffset> _offsets = [];

        public bool IsEnded { get; private set; }

        public void Add(ICommittableOffset offset)
        {
            lock (_offsets)
                _offsets.Enqueue(offset);
        }

        public Task CommitAsync(long nextOffset)
        {
            ICommittableOffset? last = null;
            lock (_offsets)
            {
                while (_offsets.TryPeek(out var next) && next.Offset.Offset.Value < nextOffset)
                    last = _offsets.Dequeue();
            }

            return last?.Commit() ?? Task.CompletedTask;
        }

        public void End() => IsEnded = true;

        public void Abandon()
        {
        }

        public bool TryHold() => !IsEnded;

        public void Release()
        {
        }

        public IConsumerGroupMetadata Membership => throw new MessageLogException("topics.rekey needs the program's own Kafka consumer: build it without KafkaConnector=akka");

        public long ToCommit(long nextOffset) => nextOffset;

        public void Committed(long nextOffset)
        {
        }
    }
}
