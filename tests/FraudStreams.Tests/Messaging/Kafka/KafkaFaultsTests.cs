using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Kafka;
using FraudStreams.Tests.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Kafka;

/// <summary>A broker that stalls, and partitions that move while batches are under way.</summary>
[Trait("needs", "kafka")]
public sealed class KafkaFaultsTests(KafkaBroker broker) : KafkaTest(broker), IClassFixture<KafkaBroker>
{
    [OwnKafkaFact]
    public async Task A_broker_that_stalls_is_told_of_and_when_it_goes_on_nothing_is_lost()
    {
        await using var topics = KafkaMessageLog.Open(Settings(Broker.Servers, "timeout = 2s, client { socket.timeout.ms = 2000 }"), Partitions(2), Actors.Log);
        var warnings = Warnings();
        var seen = new ConcurrentQueue<int>();
        var stop = KillSwitches.Shared("stop");
        var done = RestartSource.OnFailuresWithBackoff(
                () => Committed(topics, "score", stop, batch => batch.ForEach(record => seen.Enqueue(NumberOf(record)))),
                RestartSettings.Create(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), 0))
            .RunWith(Sink.Ignore<Done>(), Actors.Materializer());
        await topics.PublishAsync(Payments(1, 200), default);
        await Until(() => seen.Distinct().Count() == 200);

        await Broker.StallAsync();
        try
        {
            var held = topics.PublishAsync(Payments(201, 400), default);
            (await Should.ThrowAsync<MessageLogException>(topics.StatusAsync(default))).Message.ShouldContain(Broker.Servers);
            await Until(() => warnings.Any(warning => warning.Contains($"in group {Prefix}score") && warning.Contains(Broker.Servers)));
            await Until(() => warnings.Any(warning => warning.Contains($"The producer at {Broker.Servers}")));
            held.IsCompleted.ShouldBeFalse();
            await Broker.GoOnAsync();
            await held.WaitAsync(TimeSpan.FromSeconds(40));
        }
        finally
        {
            await Broker.GoOnAsync();
        }

        await Until(() => seen.Distinct().Count() == 400);
        await Until(() => topics.StatusAsync(default).GetAwaiter().GetResult().Of("score", "transactions").Lag == 0);
        (await topics.StatusAsync(default)).Topics.Single(topic => topic.Topic == "transactions").Appended.ShouldBe(400);
        stop.Shutdown();
        await done.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [OwnKafkaFact]
    public async Task A_question_to_a_broker_that_died_ends_in_its_time_and_is_answered_again_when_the_broker_is_back()
    {
        await using var topics = KafkaMessageLog.Open(Settings(Broker.Servers, "timeout = 1s"), Partitions(1), Actors.Log);
        await topics.PublishAsync(Payments(1, 10), default);
        (await AnswerAsync(topics)).Topics.Single(topic => topic.Topic == "transactions").Appended.ShouldBe(10);
        await Broker.KillAsync();
        try
        {
            await Should.ThrowAsync<MessageLogException>(topics.StatusAsync(default).WaitAsync(TimeSpan.FromSeconds(10)));
        }
        finally
        {
            await Broker.StartAsync();
        }

        (await AnswerAsync(topics)).Topics.Single(topic => topic.Topic == "transactions").ShouldBe(new TopicStatus("transactions", 1, 10, 10));
    }

    /// <summary>librdkafka before 2.3 aborts the process of such a consumer.</summary>
    [KafkaFact]
    public async Task Consumers_that_close_while_their_group_still_shares_out_take_nobody_down()
    {
        var random = new Random(5);
        await using var topics = KafkaMessageLog.Open(Settings(Broker.Servers, "client { partition.assignment.strategy = cooperative-sticky }"), Partitions(3), Actors.Log);
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

    /// <summary>A broker that has just started may take longer than the test's second, since it lays out its groups' topic when first asked.</summary>
    static async Task<MessageLogStatus> AnswerAsync(KafkaMessageLog topics)
    {
        var asked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await topics.StatusAsync(default);
            }
            catch (MessageLogException) when (TimeProvider.System.GetElapsedTime(asked) < TimeSpan.FromSeconds(40))
            {
                // Not in this second: it is asked again.
            }
        }
    }

    /// <summary>Only the partitions that have to move are taken away, as hocon/kafka.conf has it.</summary>
    [KafkaFact]
    public Task Nothing_is_committed_past_a_batch_that_is_under_way_while_its_partition_moves_and_the_next_owner_reads_it_again() =>
        NothingIsCommittedPastABatchThatIsUnderWayAsync("cooperative-sticky");

    /// <summary>All partitions are taken away and shared out anew, so that some come back to who had them.</summary>
    [KafkaFact]
    public Task The_same_holds_for_partitions_that_come_back() => NothingIsCommittedPastABatchThatIsUnderWayAsync("range");

    async Task NothingIsCommittedPastABatchThatIsUnderWayAsync(string assignment)
    {
        const int payments = 400;
        var settings = Settings(Broker.Servers, $"client {{ partition.assignment.strategy = {assignment} }}");
        await using var first = KafkaMessageLog.Open(settings, Partitions(4), Actors.Log);
        await using var second = KafkaMessageLog.Open(settings, Partitions(4), Actors.Log);
        await first.PublishAsync(Payments(1, payments), default);

        // The first host takes a batch of each partition and does not get on with it; partitions move; then it goes on as if nothing had been.
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

        // What the second host was given it reads from the first record on, and what the first one still holds is not committed.
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
        await Task.WhenAll(firstDone, secondDone).WaitAsync(TimeSpan.FromSeconds(30));
    }

    static int NumberOf(TopicRecord record) => int.Parse(LogOf.Text(record));

    /// <summary>Batches of each partition: worked on, then committed, then told.</summary>
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
