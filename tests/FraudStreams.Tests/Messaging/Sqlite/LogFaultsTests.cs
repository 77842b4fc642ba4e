using FraudStreams.Messaging;
using FraudStreams.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Unit")]
public sealed class LogFaultsTests : IDisposable
{
    static readonly TopicPartition Transactions = new("transactions", 0);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    string File => Path.Combine(_folder, "topics.db");

    [Fact]
    public async Task A_full_file_refuses_the_whole_batch_and_recovers_once_there_is_room()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder) with { MaxFileBytes = 400 * 1024 });
        var published = 0;
        MessageLogException? failure = null;
        while (failure is null)
        {
            failure = await Record.ExceptionAsync(() => PublishTenAsync(published)) as MessageLogException;
            if (failure is null) published++;
        }

        failure.Message.ShouldContain("topics.db");
        failure.Message.ShouldContain("full");
        LogOf.Values(log, "transactions").Count.ShouldBe(published * 10);
        (await log.PositionAsync("simulate", new TopicPartition("file", 0))).ShouldBe(published);

        using (var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5)))
            other.Execute("""DELETE FROM "transactions/0" WHERE "offset" < 50""");
        await PublishTenAsync(published);

        LogOf.Values(log, "transactions").Count.ShouldBe((published * 10) - 50 + 10);
        (await log.PositionAsync("simulate", new TopicPartition("file", 0))).ShouldBe(published + 1);

        Task PublishTenAsync(int batch) => log.PublishAsync(
            LogOf.Batch("transactions", Enumerable.Repeat(new string('x', 1000), 10)).With("simulate", new TopicPartition("file", 0), batch + 1));
    }

    [FullDiskFact]
    public async Task A_full_disk_refuses_the_whole_batch_and_recovers_once_there_is_room()
    {
        using var disk = new SmallDisk(_folder, megabytes: 4);
        var ballast = Path.Combine(disk.Path, "ballast");
        await System.IO.File.WriteAllBytesAsync(ballast, new byte[2 * 1024 * 1024]);
        await using var log = LogOf.Open(LogOf.Settings(disk.Path));
        var published = 0;
        MessageLogException? failure = null;
        while (failure is null)
        {
            failure = await Record.ExceptionAsync(PublishTenAsync) as MessageLogException;
            if (failure is null) published++;
        }

        System.IO.File.Delete(ballast);
        await PublishTenAsync();

        failure.Message.ShouldContain("full");
        LogOf.Values(log, "transactions").Count.ShouldBe((published + 1) * 10);

        Task PublishTenAsync() => log.PublishAsync(LogOf.Batch("transactions", Enumerable.Repeat(new string('x', 1000), 10)));
    }

    [Fact]
    public async Task A_publish_waits_for_a_lock_and_is_written_after_it()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        using var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Begin();

        var waiting = log.PublishAsync(LogOf.Batch("transactions", "x"));
        waiting.IsCompleted.ShouldBeFalse();
        other.Commit();
        await waiting.WaitAsync(TimeSpan.FromSeconds(60));

        LogOf.Values(log, "transactions").ShouldBe(["x"]);
    }

    [Fact]
    public async Task A_lock_that_stays_fails_the_publish_naming_the_file_and_harms_nothing()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder) with { LockTimeout = TimeSpan.FromMilliseconds(100) });
        using var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Begin();

        var failure = await Should.ThrowAsync<MessageLogException>(log.PublishAsync(LogOf.Batch("transactions", "lost to its publisher")));
        using var reader = log.OpenReader(Transactions, 0);
        reader.Read().ShouldBeEmpty();
        other.RollBack();
        await log.PublishAsync(LogOf.Batch("transactions", "x"));

        failure.Message.ShouldContain(File);
        failure.Message.ShouldContain("another process keeps it locked");
        LogOf.Values(log, "transactions").ShouldBe(["x"]);
    }

    [Fact]
    public async Task A_reader_in_the_middle_of_a_read_blocks_no_writer()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder) with { LockTimeout = TimeSpan.FromMilliseconds(100) });
        await log.PublishAsync(LogOf.Batch("transactions", "a", "b"));
        using var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = other.Query("""SELECT * FROM "transactions/0" """);
        rows.Step().ShouldBeTrue();

        for (var i = 0; i < 100; i++) await log.PublishAsync(LogOf.Batch("transactions", new string('x', 100_000)));

        rows.Step().ShouldBeTrue();
        rows.Step().ShouldBeFalse();
        LogOf.Values(log, "transactions").Count.ShouldBe(102);
    }

    [Fact]
    public void A_folder_where_the_file_should_be_is_reported_with_its_path()
    {
        Directory.CreateDirectory(File);

        var failure = Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(_folder)));

        failure.Message.ShouldContain($"{File}: it cannot be opened");
    }

    [Fact]
    public void A_file_of_another_format_is_reported_and_left_unchanged()
    {
        System.IO.File.WriteAllText(File, new string('#', 20_000));

        var failure = Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(_folder)));

        failure.Message.ShouldContain("not a SQLite file");
        System.IO.File.ReadAllText(File).ShouldBe(new string('#', 20_000));
    }

    [Fact]
    public void Another_programs_database_is_refused()
    {
        using (var other = SqliteFile.Open(File, SqliteAccess.Create, TimeSpan.Zero)) other.Execute("CREATE TABLE cats (name)");

        Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(_folder))).Message.ShouldContain("not one of FraudStreams' topics");
    }

    [Fact]
    public async Task A_newer_format_is_refused_with_both_versions()
    {
        await LogOf.Open(LogOf.Settings(_folder)).DisposeAsync();
        using (var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.Zero)) other.Execute("PRAGMA user_version = 99");

        Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(_folder))).Message.ShouldContain("newer FraudStreams (format 99; this one reads up to 2)");
    }

    [FullDiskFact]
    public async Task A_read_only_file_system_is_reported_until_it_is_writable()
    {
        using var disk = new SmallDisk(_folder, megabytes: 8);
        await using (var log = LogOf.Open(LogOf.Settings(disk.Path))) await log.PublishAsync(LogOf.Batch("transactions", "a"));
        disk.MakeReadOnly();

        var failure = Should.Throw<MessageLogException>(() => LogOf.Open(LogOf.Settings(disk.Path)));
        disk.MakeWritable();
        await using var again = LogOf.Open(LogOf.Settings(disk.Path));

        failure.Message.ShouldContain("read-only");
        LogOf.Values(again, "transactions").ShouldBe(["a"]);
    }
}
