using System.Text;
using FraudStreams.Messaging;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Unit")]
public sealed class EmbeddedLogTests : IDisposable
{
    static readonly TopicPartition Transactions = new("transactions", 0);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Published_records_are_read_in_order_with_offsets_from_zero_without_gaps()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        using var reader = log.OpenReader(Transactions, 0);

        await log.PublishAsync(LogOf.Batch("transactions", "a", "b"));
        await log.PublishAsync(LogOf.Batch("transactions", "c"));

        var records = reader.Read();
        records.Select(LogOf.Text).ShouldBe(["a", "b", "c"]);
        records.Select(record => record.Offset).ShouldBe([0, 1, 2]);
        reader.Read().ShouldBeEmpty();
        LogOf.Values(log, "transactions", from: 2).ShouldBe(["c"]);
    }

    [Fact]
    public async Task Keys_and_values_also_empty_ones_are_read_byte_for_byte()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        var batch = new RecordBatch();
        batch.Add("transactions", [0, 255, 10], [1, 0, 2]);
        batch.Add("transactions", default, default);

        await log.PublishAsync(batch);

        using var reader = log.OpenReader(Transactions, 0);
        var records = reader.Read();
        records[0].Key.ToArray().ShouldBe([0, 255, 10]);
        records[0].Value.ToArray().ShouldBe([1, 0, 2]);
        records[1].Key.Length.ShouldBe(0);
        records[1].Value.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Records_of_one_key_keep_their_order_in_one_partition()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder, partitions: 3));
        for (var round = 0; round < 20; round++)
        {
            var batch = new RecordBatch();
            for (var card = 0; card < 10; card++) batch.Add("transactions", Encoding.UTF8.GetBytes($"card-{card}"), Encoding.UTF8.GetBytes($"{card}:{round:00}"));
            await log.PublishAsync(batch);
        }

        var partitions = Enumerable.Range(0, 3).Select(partition => LogOf.Values(log, "transactions", partition)).ToList();

        partitions.Sum(values => values.Count).ShouldBe(200);
        partitions.ShouldAllBe(values => values.Count > 0);
        foreach (var card in Enumerable.Range(0, 10))
        {
            var own = partitions.Where(values => values.Any(value => value.StartsWith($"{card}:"))).ShouldHaveSingleItem();
            own.Where(value => value.StartsWith($"{card}:")).ShouldBe(Enumerable.Range(0, 20).Select(round => $"{card}:{round:00}"));
        }
    }

    [Theory]
    [InlineData("4000056655665556", 4, 1)]
    [InlineData("a", 4, 0)]
    [InlineData("", 1, 0)]
    public void The_partition_of_a_key_is_the_same_in_every_release(string key, int partitions, int expected)
    {
        default(RecordPartitioner).PartitionOf(Encoding.UTF8.GetBytes(key), partitions).ShouldBe(expected);
    }

    [Fact]
    public async Task A_reopened_log_continues_at_its_end()
    {
        await using (var log = LogOf.Open(LogOf.Settings(_folder))) await log.PublishAsync(LogOf.Batch("transactions", "a").With("score", Transactions, 1));

        await using var again = LogOf.Open(LogOf.Settings(_folder));
        await again.PublishAsync(LogOf.Batch("transactions", "b"));

        LogOf.Values(again, "transactions").ShouldBe(["a", "b"]);
        (await again.PositionAsync("score", Transactions)).ShouldBe(1);
    }

    [Fact]
    public async Task Many_publishers_lose_nothing_and_each_keeps_its_order()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++) await log.PublishAsync(LogOf.Batch("transactions", $"{publisher}:{i:00}", $"{publisher}:{i:00}+"));
        })));

        var values = LogOf.Values(log, "transactions");
        values.Count.ShouldBe(800);
        foreach (var publisher in Enumerable.Range(0, 8))
        {
            var own = values.Where(value => value.StartsWith($"{publisher}:")).ToList();
            own.ShouldBe(own.Order(StringComparer.Ordinal));
            own.Count.ShouldBe(100);
        }
    }

    [Fact]
    public async Task An_offset_is_committed_without_records_and_for_a_source_that_is_no_topic()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        var file = new TopicPartition("file:payments.csv", 0);

        await log.PublishAsync(new RecordBatch(0).With("simulate", file, 4711));

        (await log.PositionAsync("simulate", file)).ShouldBe(4711);
        (await log.PositionAsync("other", file)).ShouldBe(0);
    }

    [Fact]
    public async Task A_committed_offset_never_goes_back()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        await log.PublishAsync(new RecordBatch(0).With("store", Transactions, 10));

        await log.PublishAsync(new RecordBatch(0).With("store", Transactions, 3));

        (await log.PositionAsync("store", Transactions)).ShouldBe(10);
    }

    [Fact]
    public async Task Only_records_for_a_range_already_committed_are_refused()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        await log.PublishAsync(LogOf.Batch("predictions", "first").With("score", Transactions, 5));

        var late = log.PublishAsync(LogOf.Batch("predictions", "twice").With("score", Transactions, 5));
        var next = log.PublishAsync(LogOf.Batch("predictions", "second").With("score", Transactions, 6));

        (await Should.ThrowAsync<MessageLogException>(late)).Message.ShouldContain("group score is at 5 already");
        await next;
        LogOf.Values(log, "predictions").ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task An_unknown_topic_is_refused_with_the_known_names()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));

        var failure = await Should.ThrowAsync<MessageLogException>(log.PublishAsync(LogOf.Batch("transaction", "x")));

        failure.Message.ShouldContain("has no topic transaction; it has predictions, transactions");
    }

    [Fact]
    public async Task Another_number_of_partitions_is_refused_with_both_numbers()
    {
        await LogOf.Open(LogOf.Settings(_folder, partitions: 2)).DisposeAsync();

        var failure = Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(_folder, partitions: 3)));

        failure.Message.ShouldContain("has 2 partitions, and 3 were asked for");
        failure.Message.ShouldContain("topics.db");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("a/b", 1)]
    [InlineData("a\"; DROP TABLE topics", 1)]
    [InlineData("transactions", 0)]
    public void A_senseless_topic_is_refused(string topic, int partitions)
    {
        Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(_folder, partitions, topic)));
    }

    [Fact]
    public async Task A_record_of_ten_megabytes_is_handled_like_any_other()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        var large = new byte[10 * 1024 * 1024];
        large.AsSpan().Fill((byte)'x');
        var batch = LogOf.Batch("transactions", "before");
        batch.Add("transactions", default, large);
        batch.Add("transactions", default, "after"u8);

        await log.PublishAsync(batch);

        var values = LogOf.Values(log, "transactions");
        values.Count.ShouldBe(3);
        values[1].Length.ShouldBe(large.Length);
        values[2].ShouldBe("after");
    }

    [Fact]
    public async Task A_waiting_reader_wakes_when_this_process_publishes()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder) with { PollInterval = TimeSpan.FromHours(1) });
        using var reader = log.OpenReader(Transactions, 0);

        var waiting = reader.NextAsync(log.Appends, CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();
        await log.PublishAsync(LogOf.Batch("transactions", "x"));

        (await waiting.WaitAsync(TimeSpan.FromSeconds(60))).Select(LogOf.Text).ShouldBe(["x"]);
    }

    [Fact]
    public async Task A_waiting_reader_wakes_when_another_process_publishes()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        await using var other = LogOf.Open(LogOf.Settings(_folder));
        using var reader = log.OpenReader(Transactions, 0);

        var waiting = reader.NextAsync(log.Appends, CancellationToken.None);
        await other.PublishAsync(LogOf.Batch("transactions", "x"));

        (await waiting.WaitAsync(TimeSpan.FromSeconds(60))).Select(LogOf.Text).ShouldBe(["x"]);
    }

    [Fact]
    public async Task Two_writers_on_one_file_interleave_without_loss_or_gap()
    {
        await using var one = LogOf.Open(LogOf.Settings(_folder));
        await using var two = LogOf.Open(LogOf.Settings(_folder));

        await Task.WhenAll(new[] { one, two }.Select((log, name) => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++) await log.PublishAsync(LogOf.Batch("transactions", $"{name}:{i:000}"));
        })));

        var values = LogOf.Values(one, "transactions");
        values.Count.ShouldBe(200);
        values.Distinct().Count().ShouldBe(200);
        one.Status().Topics.Single(topic => topic.Topic == "transactions").ShouldBe(new TopicStatus("transactions", 1, 200, 200));
    }

    [Fact]
    public async Task A_chunk_ends_at_its_limits_and_holds_at_least_one_record()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder) with { ChunkRecords = 3, ChunkBytes = 10 });
        using var reader = log.OpenReader(Transactions, 0);
        await log.PublishAsync(LogOf.Batch("transactions", "1", "2", "3", "4", "5 and more than ten bytes", "6"));

        reader.Read().Length.ShouldBe(3);
        reader.Read().Length.ShouldBe(2);
        reader.Read().Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_closed_log_refuses_and_says_so()
    {
        var log = LogOf.Open(LogOf.Settings(_folder));
        var last = log.PublishAsync(LogOf.Batch("transactions", "x"));
        await log.DisposeAsync();

        await last;
        (await Should.ThrowAsync<MessageLogException>(() => log.PublishAsync(LogOf.Batch("transactions", "y")))).Message.ShouldContain("is closed");
    }
}
