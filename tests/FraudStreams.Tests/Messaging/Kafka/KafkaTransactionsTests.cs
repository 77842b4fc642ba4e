using Akka;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Tests.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class KafkaTransactionsTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>
{
    const string Group = "copy";

    [KafkaFact]
    public async Task Records_and_offsets_of_several_partitions_are_there_together_or_not_at_all()
    {
        await using var log = Open(partitions: 2);
        await log.PublishAsync(Payments(1, 40), default);
        var (read, failed) = (new List<TopicRecord>(), 0);
        var (stop, done) = Run(log.Consume("transactions", Group)
            .MergeMany(2, partition => partition.Chunks)
            .SelectAsync(1, async chunk =>
            {
                read.AddRange(chunk);
                var offsets = read.GroupBy(record => record.Partition).Select(of => new ConsumerOffset(Group, of.Key, of.Max(record => record.Offset) + 1)).ToArray();

                // The first attempt has a record that no topic takes, after others that are on their way already.
                if (failed == 0)
                {
                    var tooLong = Copies(chunk, offsets);
                    tooLong.Add("predictions", default, new byte[log.LongestRecord("predictions") + 100_000]);
                    await Should.ThrowAsync<MessageLogException>(() => log.PublishAsync(tooLong, default));
                    failed++;
                }

                await log.PublishAsync(Copies(chunk, offsets), default);
                return Done.Instance;
            }));

        await Until(() => read.Count == 40 && log.StatusAsync(default).GetAwaiter().GetResult().Topics.Single(topic => topic.Topic == "predictions").Appended >= 40);
        stop.Shutdown();
        await done;

        var copied = new List<string>();
        for (var number = 0; number < 2; number++)
        {
            await foreach (var records in log.ReadAsync(new TopicPartition("predictions", number), 0, long.MaxValue, default))
                copied.AddRange(records.Select(LogOf.Text));
            var partition = new TopicPartition("transactions", number);
            (await log.PositionAsync(Group, partition, default)).ShouldBe(read.Where(record => record.Partition == partition).Max(record => record.Offset) + 1);
        }

        copied.Select(int.Parse).Order().ShouldBe(Enumerable.Range(1, 40));
        failed.ShouldBe(1);
    }

    [KafkaFact]
    public async Task Offsets_of_a_partition_that_is_another_consumers_are_refused_with_their_records()
    {
        await using var log = Open(partitions: 2);
        var batch = Payments(1, 3);
        batch.Offsets = [new ConsumerOffset(Group, new TopicPartition("transactions", 0), 5)];

        (await Should.ThrowAsync<MessageLogException>(() => log.PublishAsync(batch, default))).Message.ShouldContain("is assigned to another consumer");

        (await log.StatusAsync(default)).Topics.Single(topic => topic.Topic == "transactions").Appended.ShouldBe(0);
    }

    static RecordBatch Copies(IReadOnlyList<TopicRecord> chunk, IReadOnlyList<ConsumerOffset> offsets)
    {
        var batch = new RecordBatch { Offsets = offsets };
        foreach (var record in chunk)
            batch.Add("predictions", record.Key.Span, record.Value.Span);
        return batch;
    }
}
