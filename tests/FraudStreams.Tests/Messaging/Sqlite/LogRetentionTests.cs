using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Unit")]
public sealed class LogRetentionTests : IDisposable
{
    static readonly TopicPartition Transactions = new("transactions", 0);

    readonly TemporaryFolder _folder = new();
    readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    EmbeddedLogSettings Settings(RetentionSettings retention) =>
        LogOf.Settings(_folder) with { Retention = retention with { Interval = TimeSpan.FromSeconds(10), StepRecords = 7 } };

    [Fact]
    public async Task Records_older_than_the_limit_go_and_offsets_go_on()
    {
        await using var log = EmbeddedLog.Open(Settings(new RetentionSettings(MaxAge: TimeSpan.FromHours(1))), _time);
        await log.PublishAsync(LogOf.Batch("transactions", Enumerable.Range(0, 30).Select(i => $"old-{i}")));
        _time.Advance(TimeSpan.FromHours(2));
        await log.PublishAsync(LogOf.Batch("transactions", "young-30", "young-31"));

        _time.Advance(TimeSpan.FromSeconds(10));
        await Until(() => LogOf.Values(log, "transactions").Count == 2);

        LogOf.Values(log, "transactions").ShouldBe(["young-30", "young-31"]);
        log.Status().Topics.Single(topic => topic.Topic == "transactions").ShouldBe(new TopicStatus("transactions", 1, 32, 2));
    }

    [Fact]
    public async Task The_newest_record_stays_so_that_offsets_never_start_again()
    {
        await using var log = EmbeddedLog.Open(Settings(new RetentionSettings(MaxAge: TimeSpan.FromHours(1))), _time);
        await log.PublishAsync(LogOf.Batch("transactions", "a", "b", "c"));
        _time.Advance(TimeSpan.FromHours(2));
        await Until(() => LogOf.Values(log, "transactions").Count == 1);

        await log.PublishAsync(LogOf.Batch("transactions", "d"));

        using var reader = log.OpenReader(Transactions, 0);
        var newest = reader.Read()[^1];
        (newest.Offset, LogOf.Text(newest)).ShouldBe((3, "d"));
    }

    [Fact]
    public async Task Records_a_group_has_yet_to_read_stay_however_old_they_are()
    {
        await using var log = EmbeddedLog.Open(Settings(new RetentionSettings(MaxAge: TimeSpan.FromHours(1))), _time);
        await log.PublishAsync(LogOf.Batch("transactions", Enumerable.Range(0, 30).Select(i => $"{i}")));
        await log.PublishAsync(LogOf.Batch("predictions", Enumerable.Range(0, 30).Select(i => $"{i}")));
        await log.RegisterAsync("new", new TopicPartition("predictions", 0));
        await log.PublishAsync(new RecordBatch(0).With("fast", Transactions, 30));
        await log.PublishAsync(new RecordBatch(0).With("slow", Transactions, 12));

        _time.Advance(TimeSpan.FromHours(2));
        await Until(() => LogOf.Values(log, "transactions")[0] == "12");
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await log.PositionAsync("slow", Transactions);
        }

        LogOf.Values(log, "transactions").Count.ShouldBe(18);
        LogOf.Values(log, "predictions").Count.ShouldBe(30);
    }

    [Fact]
    public async Task A_file_past_its_size_drops_its_oldest_records_and_reuses_their_pages()
    {
        await using var log = EmbeddedLog.Open(Settings(new RetentionSettings(MaxBytes: 1024 * 1024)), _time);
        var value = new string('x', 10_000);
        for (var i = 0; i < 400; i++)
        {
            await log.PublishAsync(LogOf.Batch(i % 2 == 0 ? "transactions" : "predictions", value));
            _time.Advance(TimeSpan.FromSeconds(10));
            await log.PositionAsync("any", Transactions);
        }

        var status = log.Status();
        status.Topics.Sum(topic => topic.Appended).ShouldBe(400);
        status.Topics.Sum(topic => topic.Kept).ShouldBeInRange(50, 110);
        await log.DisposeAsync();
        new FileInfo(Path.Combine(_folder, "topics.db")).Length.ShouldBeLessThan(2 * 1024 * 1024);
    }

    async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(80));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }
}
