using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

[Trait("Category", "Unit")]
public sealed class PredictionStoreTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    string File => Path.Combine(_folder, "fraudstreams.db");

    [Fact]
    public async Task A_prediction_is_stored_with_every_field_in_a_column_of_its_type()
    {
        await using var store = Predictions.Open(_folder);

        await store.WriteAsync(Predictions.Records(
            Predictions.Json("t1", 0.75, more: ",\"fraud\":1,\"name; DROP\":\"Zoë\""), Predictions.Json("t2", 0.1)));

        Rows("SELECT * FROM transactions ORDER BY id").ShouldBe(
        [
            "t1|1577934245678|4000|12.5|7|1|Zoë|0.75|1|m1|1767323045678|null|null|null|null|null",
            "t2|1577934245678|4000|12.5|7|null|null|0.1|0|m1|1767323045678|null|null|null|null|null",
        ]);
        Rows("SELECT DISTINCT typeof(id), typeof(at), typeof(card), typeof(amount), typeof(people), typeof(score), typeof(prediction) FROM transactions")
            .ShouldBe(["text|integer|text|real|integer|real|integer"]);
    }

    [Fact]
    public async Task A_payment_delivered_repeatedly_is_stored_once_with_its_first_prediction()
    {
        await using var store = Predictions.Open(_folder);
        await store.WriteAsync(Predictions.Records(Predictions.Json("t1", 0.75, "first")));

        var again = await store.WriteAsync(Predictions.Records(
            Predictions.Json("t1", 0.1, "second"), Predictions.Json("t2", 0.9), Predictions.Json("t2", 0.1)));

        (again.Stored, again.AlreadyThere).ShouldBe((1, 2));
        Rows("SELECT id, score, model_version FROM transactions ORDER BY id").ShouldBe(["t1|0.75|first", "t2|0.9|m1"]);
        (await store.CountAsync()).ShouldBe(new StoreCounts(2, 2));
    }

    [Fact]
    public async Task A_record_that_is_no_prediction_is_returned_and_the_others_are_stored()
    {
        await using var store = Predictions.Open(_folder);

        var stored = await store.WriteAsync(Predictions.Records(
            Predictions.Json("t1"), "no JSON at all", """{"id":"t2","at":1577934245678,"card":"4000","amount":1}""", Predictions.Json("t3")));

        stored.Stored.ShouldBe(2);
        stored.Unreadable.Select(bad => (bad.Record.Offset, bad.Reason.Code)).ShouldBe([(1, RejectCodes.NotAnObject), (2, RejectCodes.MissingField)]);
        Rows("SELECT id FROM transactions ORDER BY id").ShouldBe(["t1", "t3"]);
    }

    [Fact]
    public async Task Counts_are_read_after_reopening_and_beside_an_open_store()
    {
        await using (var first = Predictions.Open(_folder))
            await first.WriteAsync(Predictions.Records(Predictions.Json("t1", 0.9), Predictions.Json("t2", 0.1)));

        await using var store = Predictions.Open(_folder);
        await store.WriteAsync(Predictions.Records(Predictions.Json("t3", 0.8)));

        (await store.CountAsync()).ShouldBe(new StoreCounts(3, 2));
        PredictionStore.ReadCounts(_folder).ShouldBe(new StoreCounts(3, 2));
    }

    [Fact]
    public void Counts_of_a_missing_store_create_nothing()
    {
        PredictionStore.ReadCounts(_folder).ShouldBe(new StoreCounts(0, 0));

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_of_another_schema_is_refused_with_the_differing_columns()
    {
        await Predictions.Open(_folder).DisposeAsync();
        var other = Predictions.SchemaWith(new SchemaField("merchant", FieldType.Text));

        var failure = Should.Throw<StoreException>(() => Predictions.Open(new SqliteStoreSettings(_folder), other));

        failure.Message.ShouldContain(File);
        failure.Message.ShouldContain("it lacks merchant TEXT");
        failure.Message.ShouldContain("it has name; DROP TEXT");
    }

    [Fact]
    public async Task Another_programs_database_and_a_newer_format_are_refused()
    {
        using (var other = SqliteFile.Open(File, SqliteAccess.Create, TimeSpan.Zero)) other.Execute("CREATE TABLE cats (name)");
        Should.Throw<StoreException>(() => Predictions.Open(_folder)).Message.ShouldContain("not FraudStreams' store");
        System.IO.File.Delete(File);
        await Predictions.Open(_folder).DisposeAsync();
        using (var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.Zero)) other.Execute("PRAGMA user_version = 99");

        Should.Throw<StoreException>(() => Predictions.Open(_folder)).Message.ShouldContain("newer FraudStreams (format 99");
    }

    [Fact]
    public async Task A_full_file_stores_nothing_of_the_batch_until_there_is_room()
    {
        await using var store = Predictions.Open(new SqliteStoreSettings(_folder) { MaxFileBytes = 200 * 1024 });
        var batches = 0;
        StoreException? failure = null;
        while (failure is null)
        {
            failure = await Record.ExceptionAsync(() => WriteHundredAsync(batches)) as StoreException;
            if (failure is null) batches++;
        }

        Rows("SELECT count(*) FROM transactions").ShouldBe([$"{batches * 100}"]);
        using (var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5))) other.Execute("DELETE FROM transactions WHERE rowid <= 300");
        (await WriteHundredAsync(batches)).Stored.ShouldBe(100);

        failure.Message.ShouldContain("fraudstreams.db");
        failure.Message.ShouldContain("full");

        Task<StoredBatch> WriteHundredAsync(int batch) => store.WriteAsync(Predictions.Records(Enumerable.Range(0, 100).Select(i => Predictions.Json($"{batch}-{i}"))));
    }

    [Fact]
    public async Task A_lock_is_waited_for_and_one_that_stays_fails_the_batch_only()
    {
        await using var store = Predictions.Open(new SqliteStoreSettings(_folder) { LockTimeout = TimeSpan.FromMilliseconds(300) });
        using var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Begin();

        var failure = await Should.ThrowAsync<StoreException>(store.WriteAsync(Predictions.Records(Predictions.Json("t1"))));
        other.RollBack();
        var stored = await store.WriteAsync(Predictions.Records(Predictions.Json("t1")));

        failure.Message.ShouldContain("another process keeps it locked");
        stored.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_is_locked_at_the_start_is_opened_once_the_lock_is_gone()
    {
        await Predictions.Open(_folder).DisposeAsync();
        using var other = SqliteFile.Open(File, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE");

        await using var store = Predictions.Open(new SqliteStoreSettings(_folder) { LockTimeout = TimeSpan.FromMilliseconds(300) });
        var failure = await Should.ThrowAsync<StoreException>(store.WriteAsync(Predictions.Records(Predictions.Json("t1"))));
        other.RollBack();
        other.Dispose();
        var stored = await store.WriteAsync(Predictions.Records(Predictions.Json("t1")));

        failure.Message.ShouldContain("another process keeps it locked");
        stored.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task Several_writers_take_turns()
    {
        await using var store = Predictions.Open(_folder);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++) await store.WriteAsync(Predictions.Records(Predictions.Json($"{writer}-{i}"), Predictions.Json($"shared-{i}")));
        })));

        (await store.CountAsync()).Stored.ShouldBe(125);
    }

    [Theory]
    [InlineData("SELECT * FROM transactions WHERE id = 't1'", "transactions_by_id")]
    [InlineData("SELECT * FROM transactions WHERE card = '4000' ORDER BY at", "transactions_by_card")]
    [InlineData("SELECT * FROM transactions WHERE at BETWEEN 1 AND 2", "transactions_by_time")]
    [InlineData("SELECT * FROM transactions WHERE prediction = 1 ORDER BY at DESC LIMIT 10", "transactions_predicted_fraud")]
    public async Task Common_queries_use_an_index(string question, string index)
    {
        await Predictions.Open(_folder).DisposeAsync();

        Rows($"EXPLAIN QUERY PLAN {question}").ShouldHaveSingleItem().ShouldContain($"USING INDEX {index}");
    }

    [Fact]
    public async Task Reasons_of_a_predicted_fraud_are_stored_as_their_prediction_has_them()
    {
        const string reasons = """[{"code":"value:amount","text":"[\"x\"]"}]""";
        await using var store = Predictions.Open(_folder);

        await store.WriteAsync(Predictions.Records(WithReasons("t1", reasons), Predictions.Json("t2"), WithReasons("t3", "null")));

        Rows("SELECT id, reasons FROM transactions ORDER BY id").ShouldBe([$"t1|{reasons}", "t2|null", "t3|null"]);

        static string WithReasons(string id, string json) => Predictions.Json(id, score: 0.75)[..^1] + $",\"reasons\":{json}}}";
    }

    [Fact]
    public async Task A_folder_of_the_first_release_is_upgraded_and_keeps_its_payments()
    {
        using (var old = SqliteFile.Open(File, SqliteAccess.Create, TimeSpan.Zero))
        {
            old.Execute("""
                PRAGMA application_id = 1181897586;
                PRAGMA user_version = 1;
                CREATE TABLE transactions (
                    "id" TEXT, "at" INTEGER, "card" TEXT, "amount" REAL, "people" INTEGER, "fraud" INTEGER, "name; DROP" TEXT,
                    "score" REAL, "prediction" INTEGER, "model_version" TEXT, "scored_at" INTEGER, "true_value" INTEGER
                );
                CREATE UNIQUE INDEX transactions_by_id ON transactions ("id");
                CREATE INDEX transactions_by_time ON transactions ("at");
                CREATE INDEX transactions_predicted_fraud ON transactions ("at") WHERE prediction = 1;
                CREATE INDEX transactions_by_card ON transactions ("card", "at");
                INSERT INTO transactions VALUES ('t1', 1577934245678, '4000', 12.5, 7, NULL, NULL, 0.75, 1, 'm0', 1767323045678, NULL);
                """);
        }

        PredictionStore.ReadCounts(_folder).ShouldBe(new StoreCounts(1, 1));
        await using var store = Predictions.Open(_folder);
        await store.WriteAsync(Predictions.Records(Predictions.Json("t1"), Predictions.Json("t2")));
        await store.WriteAsync([new Label("t1", true, 1_700_000_000_000, "anna")]);

        Rows("SELECT id, model_version, true_value, confirmed_by FROM transactions ORDER BY id").ShouldBe(["t1|m0|1|anna", "t2|m1|null|null"]);
        Rows("SELECT number FROM store_steps ORDER BY number").ShouldBe(["1", "2", "3", "4", "5", "6"]);
        Rows("PRAGMA user_version").ShouldBe(["6"]);
    }

    List<string> Rows(string sql) => Predictions.Rows(_folder, sql);
}
