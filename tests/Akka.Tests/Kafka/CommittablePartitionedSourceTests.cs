using System.Collections.Concurrent;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Kafka.Dsl;
using Akka.Streams.Kafka.Helpers;
using Akka.Streams.Kafka.Messages;
using Akka.Streams.Kafka.Settings;
using Akka.Tests.Streams;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FraudStreams.Tests;
using FraudStreams.Tests.Topics.Kafka;
using Shouldly;
using Xunit;
using Message = Akka.Streams.Kafka.Messages.CommittableMessage<Confluent.Kafka.Null, string>;

namespace Akka.Tests.Kafka;

/// <summary>A consumer of a group as a source for each partition, on a real broker.</summary>
[Trait("needs", "kafka")]
public sealed class CommittablePartitionedSourceTests(KafkaBroker broker) : StreamTest, IClassFixture<KafkaBroker>
{
    const int Partitions = 2;

    readonly string _topic = $"akka-{Guid.NewGuid():N}";

    [KafkaFact]
    public async Task Each_partition_is_a_source_of_its_own_in_the_order_of_its_offsets()
    {
        await MakeTopicAsync();
        await ProduceAsync(1, 40);

        var (control, seen, done) = Run("order", _ => Task.CompletedTask);
        await Until(() => seen.Count == 40);
        await ProduceAsync(41, 60);
        await Until(() => seen.Count == 60);

        seen.Select(message => message.Record.Partition.Value).Distinct().Order().ShouldBe([0, 1]);
        foreach (var partition in seen.GroupBy(message => message.Record.Partition.Value))
            partition.Select(message => message.Record.Offset.Value).ShouldBe(Enumerable.Range(0, 30).Select(offset => (long)offset));
        await ShutdownAsync(control, done);
    }

    [KafkaFact]
    public async Task An_offset_knows_whose_it_is_and_after_its_commit_the_group_goes_on_behind_it()
    {
        await MakeTopicAsync();
        await ProduceAsync(1, 20);
        var (control, seen, done) = Run("commit", _ => Task.CompletedTask);
        await Until(() => seen.Count == 20);
        foreach (var partition in seen.GroupBy(message => message.Record.Partition.Value))
            await partition.ElementAt(5).CommitableOffset.Commit();
        await ShutdownAsync(control, done);

        var (again, rest, ended) = Run("commit", _ => Task.CompletedTask);
        await Until(() => rest.Count == 8);

        rest.Select(message => message.Record.Offset.Value).ShouldAllBe(offset => offset >= 6);
        var offset = rest.First(message => message.Record.Partition.Value == 1).CommitableOffset.Offset;
        (offset.GroupId, offset.Topic, offset.Partition, offset.Offset.Value).ShouldBe(($"{_topic}.commit", _topic, 1, 6L));
        await ShutdownAsync(again, ended);
    }

    [KafkaFact]
    public async Task A_partition_without_demand_holds_no_other_up_and_loses_nothing()
    {
        await MakeTopicAsync();
        await ProduceAsync(1, 6_000);
        var gate = new TaskCompletionSource();

        var (control, seen, done) = Run("demand", message => message.Record.Partition.Value == 0 ? gate.Task : Task.CompletedTask);
        await Until(() => seen.Count(message => message.Record.Partition.Value == 1) == 3_000);
        seen.ShouldNotContain(message => message.Record.Partition.Value == 0);
        gate.SetResult();

        await Until(() => seen.Count == 6_000);
        await ShutdownAsync(control, done);
    }

    [KafkaFact]
    public async Task A_second_consumer_of_the_group_takes_partitions_over_and_their_sources_complete_at_the_first_one()
    {
        await MakeTopicAsync();
        await ProduceAsync(1, 20);
        var ended = new ConcurrentQueue<int>();
        var (first, seen, firstDone) = Run("moves", message => message.CommitableOffset.Commit(), ended);
        await Until(() => seen.Count == 20);

        var (second, _, secondDone) = Run("moves", message => message.CommitableOffset.Commit());

        await Until(() => !ended.IsEmpty);
        await ShutdownAsync(second, secondDone);
        await ProduceAsync(21, 40);
        await Until(() => seen.Select(message => message.Record.Message.Value).Distinct().Count() == 40);
        await ShutdownAsync(first, firstDone);
    }

    [KafkaFact]
    public async Task A_partition_that_had_no_demand_when_it_went_is_read_when_it_comes_back()
    {
        await MakeTopicAsync();
        await ProduceAsync(1, 6_000);
        var gate = new TaskCompletionSource();
        var ended = new ConcurrentQueue<int>();
        var (first, seen, firstDone) = Run("back", message => message.Record.Partition.Value == 0 ? gate.Task : Task.CompletedTask, ended);
        await Until(() => seen.Count(message => message.Record.Partition.Value == 1) == 3_000);

        var (second, _, secondDone) = Run("back", _ => Task.CompletedTask);
        await Until(() => !ended.IsEmpty);
        gate.SetResult();
        await ShutdownAsync(second, secondDone);

        await Until(() => seen.Select(message => message.Record.Message.Value).Distinct().Count() == 6_000);
        await ShutdownAsync(first, firstDone);
    }

    [KafkaFact]
    public async Task Shutdown_completes_the_stream_and_gives_the_place_in_the_group_up()
    {
        await MakeTopicAsync();
        var (control, _, done) = Run("stops", _ => Task.CompletedTask);

        await control.Shutdown().WaitAsync(Limit);

        await done.WaitAsync(Limit);
        control.IsShutdown.IsCompletedSuccessfully.ShouldBeTrue();
        await ProduceAsync(1, 2);
        var (next, seen, ended) = Run("stops", _ => Task.CompletedTask);
        await Until(() => seen.Count == 2);
        await ShutdownAsync(next, ended);
    }

    static TimeSpan Limit => TimeSpan.FromSeconds(30);

    static Task Until(Func<bool> condition) => Eventually.TrueAsync(condition, "what the broker brings", limitSeconds: 40, everyMilliseconds: 20);

    static async Task ShutdownAsync(IControl control, Task done)
    {
        await control.Shutdown().WaitAsync(Limit);
        await done.WaitAsync(Limit);
    }

    (IControl Control, ConcurrentQueue<Message> Seen, Task Done) Run(string group, Func<Message, Task> work, ConcurrentQueue<int>? ended = null)
    {
        var seen = new ConcurrentQueue<Message>();
        var settings = ConsumerSettings<Null, string>.Create(Sys, null, Deserializers.Utf8)
            .WithBootstrapServers(broker.Servers)
            .WithGroupId($"{_topic}.{group}")
            .WithProperty("auto.offset.reset", "earliest")
            .WithProperty("session.timeout.ms", "6000")
            .WithProperty("heartbeat.interval.ms", "500");
        var (control, done) = KafkaConsumer.CommittablePartitionedSource(settings, Subscriptions.Topics(_topic))
            .Via(Flow.Create<(TopicPartition, Source<Message, NotUsed>)>().MergeMany(Partitions, given => given.Item2.SelectAsync(1, async message =>
            {
                await work(message);
                seen.Enqueue(message);
                return Done.Instance;
            }).WatchTermination((none, end) =>
            {
                _ = end.ContinueWith(_ => ended?.Enqueue(given.Item1.Partition.Value), TaskScheduler.Default);
                return none;
            })))
            .ToMaterialized(Sink.Ignore<Done>(), Keep.Both)
            .Run(Materializer);
        return (control, seen, done);
    }

    async Task MakeTopicAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Servers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = _topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
    }

    /// <summary>The numbers from first to last, one after the other to each partition in turn.</summary>
    async Task ProduceAsync(int first, int last)
    {
        using var producer = ProducerSettings<Null, string>.Create(Sys, null, Serializers.Utf8).WithBootstrapServers(broker.Servers).CreateKafkaProducer();
        await Task.WhenAll(Enumerable.Range(first, last - first + 1).Select(number =>
            producer.ProduceAsync(new TopicPartition(_topic, number % Partitions), new Message<Null, string> { Value = $"{number}" })));
    }
}
