using System.Collections.Immutable;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Pipelines;
using FraudStreams.Storage;
using TopicPartition = FraudStreams.Messaging.TopicPartition;

namespace FraudStreams.ChaosTests;

/// <summary>A stage's own topics on Kafka, as the test reads them.</summary>
sealed class StageTopics : IDisposable
{
    readonly KafkaSettings _kafka;
    readonly KafkaAdmin _admin;
    readonly KafkaStatus _status;
    readonly ImmutableSortedDictionary<string, int> _topics;

    public StageTopics(string servers, string prefix, int partitions)
    {
        Settings = [$"topics.kafka.bootstrap-servers={servers}", $"topics.kafka.prefix={prefix}", $"topics.partitions={partitions}"];
        var settings = Tests.Configuration.SettingsOf.Set(["topics.kind=kafka", "topics.kafka.timeout=2s", .. Settings]);
        _kafka = settings.Topics.Kafka!;
        _topics = settings.Topics.PartitionsOfTopics;
        _admin = new KafkaAdmin(_kafka);
        _status = new KafkaStatus(_kafka, StreamTopics.Layout(settings.Topics), _admin);
    }

    /// <summary>Laid over the program's own settings.</summary>
    public static string File => Path.Combine(AppContext.BaseDirectory, "hocon", "kafka.conf");

    /// <summary>The program's settings for them.</summary>
    public IReadOnlyList<string> Settings { get; }

    /// <summary>Null while the broker cannot be asked.</summary>
    public StageProgress? Progress(Func<StoreCounts> store)
    {
        try
        {
            return _status.ReadAsync(CancellationToken.None).GetAwaiter().GetResult() is { } topics ? StageProgress.Of(topics, store()) : null;
        }
        catch (Exception e) when (e is MessageLogException or KafkaException)
        {
            // A broker is down, or the program has not created its topics yet.
            return null;
        }
    }

    /// <summary>Waits until so many hosts are in a group, and each has partitions.</summary>
    public async Task SpreadAsync(string group, int hosts)
    {
        using var client = new AdminClientBuilder(_kafka.Properties).Build();
        await Tests.Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    var answer = await client.DescribeConsumerGroupsAsync([NameOf(group)], new DescribeConsumerGroupsOptions { RequestTimeout = TimeSpan.FromSeconds(5) });
                    return answer.ConsumerGroupDescriptions[0] is { State: ConsumerGroupState.Stable } described && described.Members.Count == hosts
                        && described.Members.All(member => member.Assignment.TopicPartitions.Count > 0);
                }
                catch (KafkaException)
                {
                    // The group's coordinator is not known yet.
                    return false;
                }
            },
            $"{hosts} hosts with partitions in group {group}", ChaosForm.LimitSeconds, everyMilliseconds: 200);
    }

    /// <summary>A topic or group as the brokers have it.</summary>
    public string NameOf(string name) => _kafka.Prefix + name;

    public List<TopicRecord> Records(string topic)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(
            _kafka.Properties.SetItem("group.id", "chaos-reader").SetItem("enable.auto.commit", "false").SetItem("enable.partition.eof", "true")).Build();
        var partitions = _topics[topic];
        consumer.Assign(Enumerable.Range(0, partitions).Select(number => new TopicPartitionOffset(NameOf(topic), number, Offset.Beginning)));
        var records = new List<TopicRecord>();
        for (var ended = 0; ended < partitions;)
        {
            var next = consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException($"{topic} cannot be read to its end");
            if (next.IsPartitionEOF)
                ended++;
            else
                records.Add(new TopicRecord(new TopicPartition(topic, next.Partition.Value), next.Offset.Value, next.Message.Key, next.Message.Value, next.Message.Timestamp.UnixTimestampMs));
        }

        return records;
    }

    /// <summary>Makes a topic that is not the program's, and has a client of its own, with its own way to hash, write the records in their order.</summary>
    public async Task FillAsync(string topic, int partitions, IEnumerable<(string Key, byte[] Value)> records)
    {
        await _admin.CreateAsync([new TopicSpecification { Name = NameOf(topic), NumPartitions = partitions, ReplicationFactor = 1 }], CancellationToken.None);
        using var producer = new ProducerBuilder<string, byte[]>(_kafka.Properties.SetItem("enable.idempotence", "true").SetItem("queue.buffering.max.messages", "1000000")).SetLogHandler((_, _) => { }).Build();
        foreach (var (key, value) in records)
            producer.Produce(NameOf(topic), new Message<string, byte[]> { Key = key, Value = value });
        producer.Flush();
    }

    public void Dispose() => _admin.Dispose();
}
