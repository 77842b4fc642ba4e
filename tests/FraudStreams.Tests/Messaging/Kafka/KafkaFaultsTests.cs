using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>A broker that stalls, and partitions that move while batches are in flight.</summary>
[Trait("needs", "kafka")]
[Trait("Category", "Integration")]
public sealed class KafkaFaultsTests(KafkaBroker broker) : KafkaTest(broker.Servers), IClassFixture<KafkaBroker>
{
    [OwnKafkaFact]
    public async Task A_stalled_broker_is_warned_of_and_nothing_is_lost_when_it_resumes()
    {
        await MakeTopicsAsync(2);
        await using var topics = KafkaMessageLog.Open(Settings(Servers, "timeout = 4s, client { socket.timeout.ms = 4000 }"), Layout(2), Log);
        var warnings = Warnings();
        var seen = new ConcurrentQueue<int>();
        var stop = KillSwitches.Shared("stop");
        var done = RestartSource.OnFailuresWithBackoff(
                () => Committed(topics, "score", stop, batch => batch.ForEach(record => seen.Enqueue(NumberOf(record)))),
                RestartSettings.Create(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), 0))
            .RunWith(Sink.Ignore<Done>(), Actors.Materializer());
        await topics.PublishAsync(Payments(1, 200), default);
        await Until(() => seen.Distinct().Count() == 200);

        await broker.StallAsync();
        try
        {
            var held = topics.PublishAsync(Payments(201, 400), default);
            (await Should.ThrowAsync<MessageLogException>(topics.StatusAsync(default))).Message.ShouldContain(Servers);
            await Until(() => warnings.Any(warning => warning.Contains($"in group {Prefix}score") && warning.Contains(Servers)));
            await Until(() => warnings.Any(warning => warning.Contains($"The producer at {Servers}")));
            held.IsCompleted.ShouldBeFalse();
            await broker.GoOnAsync();
            await held.WaitAsync(TimeSpan.FromSeconds(80));
        }
        finally
        {
            await broker.GoOnAsync();
        }

        await Until(() => seen.Distinct().Count() == 400);
        await Until(() => topics.StatusAsync(default).GetAwaiter().GetResult().Of("score", "transactions").Lag == 0);
        (await topics.StatusAsync(default)).Topics.Single(topic => topic.Topic == "transactions").Appended.ShouldBe(400);
        stop.Shutdown();
        await done.WaitAsync(TimeSpan.FromSeconds(80));
    }

    [OwnKafkaFact]
    public async Task A_query_to_a_dead_broker_times_out_and_works_again_when_it_is_back()
    {
        await MakeTopicsAsync(1);
        await using var topics = KafkaMessageLog.Open(Settings(Servers, "timeout = 3s"), Layout(1), Log);
        await topics.PublishAsync(Payments(1, 10), default);
        (await AnswerAsync(topics)).Topics.Single(topic => topic.Topic == "transactions").Appended.ShouldBe(10);
        await broker.KillAsync();
        try
        {
            await Should.ThrowAsync<MessageLogException>(topics.StatusAsync(default).WaitAsync(TimeSpan.FromSeconds(60)));
        }
        finally
        {
            await broker.StartAsync();
        }

        (await AnswerAsync(topics)).Topics.Single(topic => topic.Topic == "transactions").ShouldBe(new TopicStatus("transactions", 1, 10, 10));
    }

    /// <summary>librdkafka before 2.3 aborts the process of such a consumer.</summary>
    [OwnKafkaFact]
    public async Task Consumers_that_close_during_a_rebalance_do_not_crash_the_process()
    {
        var random = new Random(5);
        await using var topics = KafkaMessageLog.Open(Settings(Servers, "client { partition.assignment.strategy = cooperative-sticky }"), Layout(3), Log);
        await topics.PublishAsync(Payments(1, 50), default);

        for (var round = 0; round < 5; round++)
        {
            var consumers = Enumerable.Range(0, 4).Select(_ => Consume(topics, "hasty")).ToList();
            await Task.Delay(random.Next(400));
            await Task.WhenAll(consumers.Select(consumer => consumer.StopAsync()));
        }

        var calm = Consume(topics, "calm");
        await Until(() => calm.Records.Count == 50);
        await calm.StopAsync();
    }

    /// <summary>With the patience that a broker needs which has just started, and a machine that is busy.</summary>
    async Task MakeTopicsAsync(int partitions) => await Open(partitions).DisposeAsync();

    /// <summary>A broker that has just started may take longer than the test's seconds, since it creates its offsets topic at the first query.</summary>
    static async Task<MessageLogStatus> AnswerAsync(KafkaMessageLog topics)
    {
        var asked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await topics.StatusAsync(default);
            }
            catch (MessageLogException) when (TimeProvider.System.GetElapsedTime(asked) < TimeSpan.FromSeconds(80))
            {
                // Not within these seconds: retried.
            }
        }
    }

    /// <summary>Cooperative rebalancing, as in hocon/kafka.conf: only the partitions that have to move are revoked.</summary>
    [OwnKafkaFact]
    public Task No_commit_passes_a_batch_in_flight_while_its_partition_moves() =>
        NothingIsCommittedPastABatchThatIsUnderWayAsync("cooperative-sticky");

    /// <summary>Eager rebalancing: all partitions are revoked and assigned anew, so that some come back to their owner.</summary>
    [OwnKafkaFact]
    public Task No_commit_passes_a_batch_in_flight_when_its_partition_comes_back() => NothingIsCommittedPastABatchThatIsUnderWayAsync("range");

    async Task NothingIsCommittedPastABatchThatIsUnderWayAsync(string assignment)
    {
        const int payments = 400;
        var settings = Settings(Servers, $"client {{ partition.assignment.strategy = {assignment} }}");
        await using var first = KafkaMessageLog.Open(settings, Layout(4), Log);
        await using var second = KafkaMessageLog.Open(settings, Layout(4), Log);
        await first.PublishAsync(Payments(1, payments), default);

        // The first host takes a batch of each partition and stalls; partitions move; then it continues as if nothing had happened.
        var gate = new TaskCompletionSource();
        var taken = new ConcurrentDictionary<int, long>();
        var late = new ConcurrentQueue<int>();
        var stopFirst = KillSwitches.Shared("first");
        var firstDone = Committed(first, "score", stopFirst, batch => batch.ForEach(record => late.Enqueue(NumberOf(record))), async batch =>
        {
            taken.TryAdd(batch[^1].Partition.Partition, batch[^1].Offset);
            await gate.Task;
        }).RunWith(Sink.Ignore<Done>(), Actors.Materializer());
        await Until(() => taken.Count == 4);

        var stopSecond = KillSwitches.Shared("second");
        var done = new ConcurrentQueue<TopicRecord>();
        var secondDone = Committed(second, "score", stopSecond, batch => batch.ForEach(done.Enqueue)).RunWith(Sink.Ignore<Done>(), Actors.Materializer());
        await Until(() => done.Select(record => record.Partition.Partition).Distinct().Count() == 2);

        // The second host reads its partitions from the first record on, and what the first host still holds is not committed.
        foreach (var partition in done.GroupBy(record => record.Partition.Partition))
            partition.Min(record => record.Offset).ShouldBe(0);
        var moved = done.Select(record => record.Partition.Partition).ToHashSet();
        foreach (var held in Enumerable.Range(0, 4).Except(moved))
            (await first.PositionAsync("score", new TopicPartition("transactions", held), default)).ShouldBe(0);
        await Until(() => moved.All(partition => second.PositionAsync("score", new("transactions", partition), default).GetAwaiter().GetResult() > 0));
        var positions = moved.ToDictionary(partition => partition, partition => second.PositionAsync("score", new("transactions", partition), default).GetAwaiter().GetResult());

        gate.SetResult();

        await Until(() => late.Concat(done.Select(NumberOf)).Distinct().Count() == payments);
        await Until(() => first.StatusAsync(default).GetAwaiter().GetResult().Of("score", "transactions").Lag == 0);
        foreach (var (partition, position) in positions)
            (await second.PositionAsync("score", new("transactions", partition), default)).ShouldBeGreaterThanOrEqualTo(position);
        stopFirst.Shutdown();
        stopSecond.Shutdown();
        await Task.WhenAll(firstDone, secondDone).WaitAsync(TimeSpan.FromSeconds(80));
    }

    static int NumberOf(TopicRecord record) => int.Parse(LogOf.Text(record));

    /// <summary>Batches of each partition: processed, then committed, then reported.</summary>
    static Source<Done, NotUsed> Committed(
        KafkaMessageLog topics, string group, SharedKillSwitch stop, Action<List<TopicRecord>> tell, Func<List<TopicRecord>, Task>? work = null) =>
        topics.Consume("transactions", group)
            .Via(stop.Flow<TopicPartitionSource>())
            .MergeMany(8, partition => partition.Chunks.Via(stop.Flow<IReadOnlyList<TopicRecord>>()).Via(new BatchChunks<TopicRecord>(20, TimeSpan.FromMilliseconds(20))).SelectAsync(1, async records =>
            {
                var batch = records.ToList();
                if (work is not null)
                    await work(batch);
                await topics.PublishAsync(LogOf.Batch("transactions").With(group, partition.Partition, batch[^1].Offset + 1), default);
                tell(batch);
                return Done.Instance;
            }));
}
