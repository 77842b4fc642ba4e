using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Unit")]
public sealed class LogStatusTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Ends_and_lags_are_read_while_another_process_writes()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder, partitions: 2));
        await log.PublishAsync(LogOf.Batch("transactions", "a", "b", "c", "d", "e").With("simulate", new TopicPartition("file:x.csv", 0), 5));
        await log.PublishAsync(new RecordBatch(0).With("score", new TopicPartition("transactions", 0), 1));
        await log.PublishAsync(new RecordBatch(0).With("score", new TopicPartition("transactions", 1), 2));

        var status = EmbeddedLog.ReadStatus(_folder).ShouldNotBeNull();

        status.Topics.ShouldBe([new TopicStatus("predictions", 2, 0, 0), new TopicStatus("transactions", 2, 5, 5)]);
        status.Groups.ShouldBe([new GroupLag("score", "transactions", 3, 2), new GroupLag("simulate", "file:x.csv", 5, 0)]);
    }

    [Fact]
    public async Task Status_is_available_after_the_writer_has_gone()
    {
        await using (var log = LogOf.Open(LogOf.Settings(_folder))) await log.PublishAsync(LogOf.Batch("transactions", "a"));

        EmbeddedLog.ReadStatus(_folder).ShouldNotBeNull().Topics.Sum(topic => topic.Appended).ShouldBe(1);
    }

    [Fact]
    public void Status_of_a_missing_log_creates_nothing()
    {
        EmbeddedLog.ReadStatus(_folder).ShouldBeNull();
        EmbeddedLog.ReadStatus(Path.Combine(_folder, "nowhere")).ShouldBeNull();

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }
}
