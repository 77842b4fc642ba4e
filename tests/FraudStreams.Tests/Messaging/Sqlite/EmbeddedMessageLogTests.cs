using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Unit")]
public sealed class EmbeddedMessageLogTests : IAsyncLifetime
{
    static readonly TopicPartition Transactions = new("transactions", 0);

    readonly TemporaryFolder _folder = new();
    readonly ActorSystem _system = ActorSystem.Create("topics", ConfigLayers.Reference());
    readonly List<GroupStandby> _standbys = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _system.Terminate();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_partition_is_assigned_once_and_later_records_follow()
    {
        await using var topics = Open(partitions: 3);
        await topics.PublishAsync(LogOf.Batch("transactions", "a", "b", "c"), default);

        var consumer = Consume(topics, "score");
        await Until(() => consumer.Records.Count == 3);
        await topics.PublishAsync(LogOf.Batch("transactions", "d", "e", "f"), default);

        await Until(() => consumer.Records.Count == 6);
        consumer.Records.GroupBy(record => record.Partition).Select(group => (group.Key.Partition, group.Count()))
            .Order().ShouldBe([(0, 2), (1, 2), (2, 2)]);
        await consumer.StopAsync();
    }

    [Fact]
    public async Task A_group_resumes_at_its_committed_offset_and_another_reads_everything()
    {
        await using var topics = Open();
        await topics.PublishAsync(LogOf.Batch("transactions", "a", "b", "c").With("score", Transactions, 2), default);

        var score = Consume(topics, "score");
        var store = Consume(topics, "store");

        await Until(() => store.Records.Count == 3 && score.Records.Count == 1);
        score.Records.Select(LogOf.Text).ShouldBe(["c"]);
        await score.StopAsync();
        await store.StopAsync();
    }

    [Fact]
    public async Task In_flight_batches_are_committed_before_the_next_consumer_starts()
    {
        await using var topics = Open();
        await topics.PublishAsync(LogOf.Batch("transactions", Enumerable.Range(0, 100).Select(i => $"{i}")), default);
        using var other = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Begin();

        var inFlight = topics.PublishAsync(LogOf.Batch("predictions", "p").With("score", Transactions, 99), default);
        var consumer = Consume(topics, "score");
        other.Commit();
        await inFlight;
        await Until(() => !consumer.Records.IsEmpty);

        consumer.Records.Select(LogOf.Text).ShouldBe(["99"]);
        await consumer.StopAsync();
    }

    [Fact]
    public async Task A_second_consumer_stands_by_and_takes_over_when_the_first_has_ended()
    {
        await using var topics = Open();
        await using var others = Open();
        await topics.PublishAsync(LogOf.Batch("transactions", "a"), default);
        var first = Consume(topics, "score");
        await Until(() => first.Records.Count == 1);

        var second = Consume(others, "score");
        await Until(() => _standbys.Count == 1);
        await topics.PublishAsync(LogOf.Batch("transactions", "b").With("score", Transactions, 1), default);
        await Until(() => first.Records.Count == 2);
        second.Records.ShouldBeEmpty();
        await first.StopAsync();

        await Until(() => second.Records.Count == 1);
        second.Records.Select(LogOf.Text).ShouldBe(["b"]);
        _standbys.ShouldBe([new GroupStandby("score", "transactions", $"process {Environment.ProcessId}")]);
        await second.StopAsync();
    }

    [Fact]
    public async Task A_standby_takes_over_when_the_process_that_holds_the_group_is_killed()
    {
        await using var topics = Open();
        await topics.PublishAsync(LogOf.Batch("transactions", "a"), default);
        using var worker = WorkerProcess.Start("hold-group", _folder, "transactions", "score");
        (await worker.ReadLineAsync()).ShouldBe("held");
        var consumer = Consume(topics, "score");
        await Until(() => _standbys.Count == 1);
        consumer.Records.ShouldBeEmpty();

        await worker.KillAsync();

        await Until(() => consumer.Records.Count == 1);
        _standbys[0].Holder.ShouldBe($"process {worker.Id}");
        await consumer.StopAsync();
    }

    [Fact]
    public async Task A_stopped_standby_does_not_touch_the_group()
    {
        await using var topics = Open();
        using (GroupLock.TryTake(_folder, "transactions", "score"))
        {
            var consumer = Consume(topics, "score");
            await Until(() => _standbys.Count == 1);
            await consumer.StopAsync();
        }

        await Until(IsGroupFree);
    }

    [Fact]
    public async Task A_slow_consumer_holds_reading_ahead_to_a_few_chunks()
    {
        await using var topics = EmbeddedMessageLog.Open(LogOf.Settings(_folder) with { ChunkRecords = 10 }, TimeProvider.System, _standbys.Add);
        await topics.PublishAsync(LogOf.Batch("transactions", Enumerable.Repeat("as it was", 1000)), default);
        var gate = new TaskCompletionSource();
        var seen = new ConcurrentQueue<TopicRecord>();
        var (stop, done) = topics.Consume("transactions", "score")
            .MergeMany(1, partition => partition.Records().SelectAsync(1, async record =>
            {
                seen.Enqueue(record);
                await gate.Task;
                return record;
            }))
            .ViaMaterialized(KillSwitches.Single<TopicRecord>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<TopicRecord>(), Keep.Both)
            .Run(_system.Materializer());
        await Until(() => !seen.IsEmpty);

        using (var other = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5)))
            other.Execute("""UPDATE "transactions/0" SET value = 'changed' """);
        gate.SetResult();
        await Until(() => seen.Count == 1000);

        seen.Count(record => LogOf.Text(record) == "as it was").ShouldBeInRange(1, 40);
        stop.Shutdown();
        await done;
    }

    [Fact]
    public async Task A_fault_of_the_log_fails_the_source_and_names_the_remedy()
    {
        await using var topics = Open();
        await topics.PublishAsync(LogOf.Batch("transactions", "a"), default);
        var consumer = Consume(topics, "score");
        await Until(() => consumer.Records.Count == 1);

        using (var other = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5)))
            other.Execute("""DROP TABLE "transactions/0" """);

        var failure = (await Record.ExceptionAsync(() => consumer.Done.WaitAsync(TimeSpan.FromSeconds(60))))!;
        failure.ShouldBeOfType<MessageLogException>().Message.ShouldContain("Reading transactions/0 from offset 1 failed");
        failure.Message.ShouldContain("topics.db");
        await Until(IsGroupFree);
    }

    [Fact]
    public async Task An_unknown_topic_fails_the_source()
    {
        await using var topics = Open();

        var done = topics.Consume("payments", "score").RunWith(Sink.Ignore<TopicPartitionSource>(), _system.Materializer());

        (await Record.ExceptionAsync(() => done))!.GetBaseException().ShouldBeOfType<MessageLogException>().Message.ShouldContain("has no topic payments");
    }

    EmbeddedMessageLog Open(int partitions = 1) => EmbeddedMessageLog.Open(LogOf.Settings(_folder, partitions), TimeProvider.System, _standbys.Add);

    RunningConsumer Consume(EmbeddedMessageLog topics, string group)
    {
        var records = new ConcurrentQueue<TopicRecord>();
        var (stop, done) = topics.Consume("transactions", group)
            .MergeMany(8, partition => partition.Records())
            .ViaMaterialized(KillSwitches.Single<TopicRecord>(), Keep.Right)
            .ToMaterialized(Sink.ForEach<TopicRecord>(records.Enqueue), Keep.Both)
            .Run(_system.Materializer());
        return new RunningConsumer(records, stop, done);
    }

    bool IsGroupFree()
    {
        using var free = GroupLock.TryTake(_folder, "transactions", "score");
        return free is not null;
    }

    static Task Until(Func<bool> condition) => Eventually.TrueAsync(condition, "what the test waits for", everyMilliseconds: 5);

    sealed record RunningConsumer(ConcurrentQueue<TopicRecord> Records, UniqueKillSwitch Stop, Task Done)
    {
        /// <summary>Cancels the partitions; the group's lock is released some time after.</summary>
        public async Task StopAsync()
        {
            Stop.Shutdown();
            await Done.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }
}
