using System.Diagnostics;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Messaging.Sqlite;

[Trait("Category", "Unit")]
public sealed class LogFormatTests : IDisposable
{
    const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The file as the release before traces made it.</summary>
    [Fact]
    public async Task A_file_of_the_first_format_is_upgraded_and_keeps_its_records_and_offsets()
    {
        var settings = LogOf.Settings(_folder);
        using (var file = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.Create, TimeSpan.FromSeconds(5)))
        {
            file.UseWriteAheadLog(8192);
            file.Execute("""
                PRAGMA application_id = 0x46725374;
                PRAGMA user_version = 1;
                CREATE TABLE topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE positions (
                    consumers TEXT NOT NULL, topic TEXT NOT NULL, "partition" INTEGER NOT NULL, next_offset INTEGER NOT NULL,
                    PRIMARY KEY (topic, "partition", consumers)) WITHOUT ROWID;
                INSERT INTO topics VALUES ('transactions', 1), ('predictions', 1);
                CREATE TABLE "transactions/0" ("offset" INTEGER PRIMARY KEY, time INTEGER NOT NULL, key BLOB, value BLOB);
                CREATE TABLE "predictions/0" ("offset" INTEGER PRIMARY KEY, time INTEGER NOT NULL, key BLOB, value BLOB);
                INSERT INTO "transactions/0" VALUES (0, 1, x'01', x'61'), (1, 2, x'02', x'62');
                INSERT INTO positions VALUES ('score', 'transactions', 0, 1);
                """);
        }

        await using (var log = LogOf.Open(settings))
        {
            await log.PublishAsync(LogOf.Batch("transactions", "c"));
            LogOf.Values(log, "transactions").ShouldBe(["a", "b", "c"]);
            (await log.PositionAsync("score", new TopicPartition("transactions", 0))).ShouldBe(1);
        }

        // Once more, by a file that has the column.
        await using (var again = LogOf.Open(settings))
            LogOf.Values(again, "transactions").ShouldBe(["a", "b", "c"]);
        using var upgraded = SqliteFile.Open(Path.Combine(_folder, "topics.db"), SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        upgraded.QueryLong("PRAGMA user_version").ShouldBe(2);
    }

    [Fact]
    public async Task A_record_carries_its_trace_to_who_listens()
    {
        await using var log = LogOf.Open(LogOf.Settings(_folder));
        var batch = LogOf.Batch("transactions", "traced", "not traced");
        batch.SetTraceParent(0, TraceParent);
        await log.PublishAsync(batch);

        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == StreamTraces.SourceName };
        ActivitySource.AddActivityListener(listener);
        using var reader = log.OpenReader(new TopicPartition("transactions", 0), 0);

        reader.Read().Select(record => record.TraceParent).ShouldBe([TraceParent, null]);
    }
}
