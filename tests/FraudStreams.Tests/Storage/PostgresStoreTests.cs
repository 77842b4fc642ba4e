using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

[Trait("needs", "PostgreSQL")]
[Trait("Category", "Integration")]
public sealed class PostgresStoreTests(SharedPostgres server) : IClassFixture<SharedPostgres>, IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly PostgresStoreSettings _settings = server.NewStore();

    public void Dispose() => _folder.Dispose();

    [PostgresFact]
    public async Task Both_databases_store_the_same_rows_of_the_same_records()
    {
        string[] columns = ["id", "at", "card", "amount", "people", "fraud", "name; DROP", "score", "prediction", "model_version", "scored_at", "true_value", "confirmed_at", "confirmed_by", "as_written", "reasons"];
        var select = $"SELECT {string.Join(", ", columns.Select(StoreColumn.Quote))} FROM transactions ORDER BY id";
        var first = Predictions.Records(
            Predictions.Json("t1", 0.75, more: ",\"fraud\":1,\"name; DROP\":\"Zoë, \\\"it\\\"\",\"reasons\":[{\"code\":\"x\"}]"), Predictions.Json("t2", 0.1), "nothing of the kind",
            Predictions.Json("t2", 0.9, "second"), Predictions.Json("t3").Replace("12.5", "12.50"), Predictions.Json("t4").Replace("12.5", "-1.7976931348623157e308"));
        var second = Predictions.Records(Predictions.Json("t5", 0.5000000000000001), Predictions.Json("t1", 0.2, "later"));
        Label[] labels = [new("t1", false, 1_700_000_000_001, "anna"), new("t5", true, 1_700_000_000_002, "bo")];
        await using var sqlite = Predictions.Open(_folder);
        await using var postgres = Predictions.Open(_settings);

        foreach (var store in (PredictionStore[])[sqlite, postgres])
        {
            Counts(await store.WriteAsync(first)).ShouldBe((4, 1));
            (await store.WriteAsync(labels)).ShouldBe(new LabelCounts(2, 0, 1));
            Counts(await store.WriteAsync(second)).ShouldBe((1, 1));
            Counts(await store.WriteAsync(first)).ShouldBe((0, 5));
            (await store.WriteAsync(labels)).ShouldBe(new LabelCounts(0, 2, 0));
        }

        var rows = PostgresServer.Rows(_settings, select);
        rows.ShouldBe(Predictions.Rows(_folder, select));
        rows.Count.ShouldBe(5);
        rows[0].ShouldBe("t1|1577934245678|4000|12.5|7|1|Zoë, \"it\"|0.75|1|m1|1767323045678|0|1700000000001|anna|null|[{\"code\":\"x\"}]");
        rows[2].ShouldEndWith("|{\"amount\":\"12.50\"}|null");
        (await postgres.CountAsync()).ShouldBe(await sqlite.CountAsync());
        (await postgres.CountAsync()).ShouldBe(new StoreCounts(5, 2));
        PredictionStore.ReadCounts(_settings).ShouldBe(new StoreCounts(5, 2));
    }

    [PostgresFact]
    public async Task Both_databases_store_the_challengers_scores_once()
    {
        var select = $"SELECT {StoreTables.ShadowColumns} FROM shadow ORDER BY id, model_version";
        ShadowScore[] scores =
        [
            new("t2", 1_577_934_245_678, "v2", 0.1 + 0.2, true, 0.25, "v1", 0.125, false, 1_767_323_045_678) { Reasons = "[{\"code\":\"x\"}]" },
            new("t1", 1_577_934_245_679, "v2", 1, true, 0.25, "v1", 0.5, true, 1_767_323_045_678),
            new("t1", 1_577_934_245_679, "v3", 0, false, 0.25, "v1", 0.5, true, 1_767_323_045_678),
        ];
        await using var sqlite = Predictions.Open(_folder);
        await using var postgres = Predictions.Open(_settings);

        foreach (var store in (PredictionStore[])[sqlite, postgres])
        {
            (await store.WriteAsync(scores[..2])).ShouldBe(2);
            (await store.WriteAsync([.. scores, scores[0] with { Score = 0.9 }])).ShouldBe(1);
            (await store.WriteAsync(Array.Empty<ShadowScore>())).ShouldBe(0);
        }

        var rows = PostgresServer.Rows(_settings, select);
        rows.ShouldBe(Predictions.Rows(_folder, select));
        rows.ShouldBe(
        [
            "t1|1577934245679|v2|1|1|0.25|v1|0.5|1|1767323045678|null", "t1|1577934245679|v3|0|0|0.25|v1|0.5|1|1767323045678|null",
            "t2|1577934245678|v2|0.30000000000000004|1|0.25|v1|0.125|0|1767323045678|[{\"code\":\"x\"}]",
        ]);
    }

    [PostgresFact]
    public async Task A_schema_created_by_another_at_the_same_moment_is_used()
    {
        await using var other = _settings.ToConnection();
        await other.OpenAsync();
        await using var making = await other.BeginTransactionAsync();
        PostgresSession.Execute(other, $"CREATE SCHEMA {StoreColumn.Quote(_settings.Schema)}");

        var opening = Task.Run(() => Predictions.Open(_settings));
        await Eventually.TrueAsync(() => PostgresServer.Rows(_settings, "SELECT count(*) FROM pg_locks WHERE NOT granted").Single() == "1", everyMilliseconds: 20);
        await making.CommitAsync();

        await using var store = await opening;
        Counts(await store.WriteAsync(Predictions.Records(Predictions.Json("t1")))).ShouldBe((1, 0));
    }

    [PostgresFact]
    public async Task Records_PostgreSQL_cannot_store_are_refused_and_the_others_stored()
    {
        await using var store = Predictions.Open(_settings);

        var stored = await store.WriteAsync(Predictions.Records(
            Predictions.Json("t1"), Predictions.Json("t2", more: ",\"name; DROP\":\"a\\u0000b\""), Predictions.Json(new string('x', 3000)), Predictions.Json("t3")));

        stored.Stored.ShouldBe(2);
        stored.Unreadable.Select(bad => (bad.Record.Offset, bad.Reason.Code)).ShouldBe([(1, RejectCodes.NotStorable), (2, RejectCodes.NotStorable)]);
        PostgresServer.Rows(_settings, "SELECT id FROM transactions ORDER BY id").ShouldBe(["t1", "t3"]);
    }

    [PostgresFact]
    public void Counts_of_a_missing_store_create_nothing()
    {
        PredictionStore.ReadCounts(_settings).ShouldBe(default);

        PostgresServer.Rows(_settings, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{_settings.Schema}'").ShouldBe(["0"]);
    }

    [PostgresFact]
    public async Task Stores_of_another_schema_release_or_owner_are_refused()
    {
        await Predictions.Open(_settings).DisposeAsync();
        var other = Predictions.SchemaWith(new SchemaField("merchant", FieldType.Text));
        Should.Throw<StoreException>(() => Predictions.Open(_settings, other)).Message.ShouldContain("it lacks merchant text; it has name; DROP text");
        PostgresServer.Rows(_settings, "INSERT INTO store_steps VALUES (99, now())");
        Should.Throw<StoreException>(() => Predictions.Open(_settings)).Message.ShouldContain("newer FraudStreams (format 99");
        PostgresServer.Rows(_settings, "DROP TABLE store_steps");

        Should.Throw<StoreException>(() => Predictions.Open(_settings)).Message.ShouldContain("not FraudStreams' store");
    }

    [PostgresFact]
    public void A_wrong_password_and_a_missing_database_are_named_without_the_password()
    {
        var wrong = _settings with { Password = new FraudStreams.Configuration.SecretValue("t0p-s3cret") };
        var missing = _settings with { Connection = _settings.Connection.Replace("postgres", "nowhere") };

        var failure = Should.Throw<StoreException>(() => Predictions.Open(wrong));
        failure.Message.ShouldContain("the user is refused; the password is taken from FRAUDSTREAMS_POSTGRES_PASSWORD");
        failure.ToString().ShouldNotContain("t0p-s3cret");
        wrong.ToString().ShouldNotContain("t0p-s3cret");
        Should.Throw<StoreException>(() => Predictions.Open(missing)).Message.ShouldContain("there is no such database");
    }

    [PostgresFact]
    public async Task Stores_writing_the_same_payments_at_once_store_each_once()
    {
        await using var one = Predictions.Open(_settings);
        await using var two = Predictions.Open(_settings);
        var payments = Enumerable.Range(0, 400).Select(i => Predictions.Json($"t{i:000}")).ToArray();

        var written = await Task.WhenAll(
            Task.Run(() => WriteAllAsync(one, payments)), Task.Run(() => WriteAllAsync(two, [.. payments.Reverse()])));

        written.Sum().ShouldBe(400);
        (await one.CountAsync()).Stored.ShouldBe(400);

        static async Task<int> WriteAllAsync(PredictionStore store, string[] payments)
        {
            var stored = 0;
            foreach (var batch in payments.Chunk(50)) stored += (await store.WriteAsync(Predictions.Records(batch))).Stored;
            return stored;
        }
    }

    [PostgresFact]
    public async Task A_payment_and_its_label_written_at_once_are_joined()
    {
        await using var payments = Predictions.Open(_settings);
        await using var labels = Predictions.Open(_settings);

        for (var i = 0; i < 50; i++)
        {
            var id = $"t{i}";
            await Task.WhenAll(
                Task.Run(() => payments.WriteAsync(Predictions.Records(Predictions.Json(id)))),
                Task.Run(() => labels.WriteAsync([new Label(id, true, 1_700_000_000_000, "anna")])));
        }

        PostgresServer.Rows(_settings, "SELECT count(*) FROM transactions WHERE true_value = 1").ShouldBe(["50"]);
    }

    [PostgresFact]
    public async Task A_statement_timeout_fails_the_batch_and_the_next_write_stores_it()
    {
        await Predictions.Open(_settings).DisposeAsync();
        await using var store = Predictions.Open(_settings with { StatementTimeout = TimeSpan.FromSeconds(2) });
        await store.WriteAsync(Predictions.Records(Predictions.Json("t1")));
        using var other = _settings.ToConnection();
        other.Open();
        using var holding = other.BeginTransaction();
        PostgresSession.Execute(other, $"LOCK TABLE {StoreColumn.Quote(_settings.Schema)}.transactions");

        var failure = await Should.ThrowAsync<StoreException>(store.WriteAsync(Predictions.Records(Predictions.Json("t2"))));
        holding.Rollback();
        var stored = await store.WriteAsync(Predictions.Records(Predictions.Json("t2")));

        failure.Message.ShouldContain("a statement took longer than store.postgresql.statement-timeout (2 s)");
        stored.Stored.ShouldBe(1);
    }

    [PostgresFact]
    public async Task A_store_of_the_first_format_is_upgraded_and_keeps_its_payments()
    {
        await using (var store = Predictions.Open(_settings))
            await store.WriteAsync(Predictions.Records(Predictions.Json("t1")));
        PostgresServer.Rows(_settings, """
            DROP TABLE label_history, shadow, leases;
            DROP INDEX transactions_confirmed, transactions_by_high_score, transactions_by_card_ending;
            ALTER TABLE transactions DROP COLUMN confirmed_at, DROP COLUMN confirmed_by, DROP COLUMN as_written, DROP COLUMN reasons;
            DELETE FROM store_steps WHERE number > 1;
            """);

        await using var upgraded = Predictions.Open(_settings);
        var applied = await upgraded.WriteAsync([new Label("t1", true, 1_700_000_000_000, "anna")]);

        applied.Applied.ShouldBe(1);
        PostgresServer.Rows(_settings, "SELECT id, true_value, confirmed_by FROM transactions").ShouldBe(["t1|1|anna"]);
        PostgresServer.Rows(_settings, "SELECT number FROM store_steps ORDER BY number").ShouldBe(["1", "2", "3", "4", "5", "6"]);
    }

    [PostgresFact]
    public async Task A_merchant_longer_than_an_index_holds_is_stored_and_found_also_in_a_store_of_an_earlier_format()
    {
        var schema = TransactionSchema.Create(new SchemaDraft(
            "shops",
            [new("id", FieldType.Text), new("at", FieldType.Time) { TimeFormats = [TimeFormat.UnixMilliseconds] }, new("card", FieldType.Text), new("amount", FieldType.Number), new("people", FieldType.Integer), new("shop", FieldType.Text)],
            new SchemaRoles("id", "at", "amount") { Card = "card", Merchant = "shop" })
        {
            Features = [new NumberFeature("amount", "amount")],
        });

        // Seeded hexadecimal digits: what does not become shorter than an entry by compression.
        var random = new byte[6_000];
        new Random(7).NextBytes(random);
        var (one, other) = ($"{Convert.ToHexString(random)}1", $"{Convert.ToHexString(random)}2");
        await using (var store = Predictions.Open(_settings, schema))
            Counts(await store.WriteAsync(Predictions.Records(Of("t1", one), Of("t2", other)))).ShouldBe((2, 0));
        PostgresServer.Rows(_settings, """
            DROP INDEX transactions_by_high_score, transactions_by_card_ending, transactions_by_merchant;
            DELETE FROM store_steps WHERE number > 5;
            """);

        await Predictions.Open(_settings, schema).DisposeAsync();

        PostgresServer.Rows(_settings, "SELECT max(number) FROM store_steps").ShouldBe(["6"]);
        await using var reader = new PostgresPaymentReader(_settings, schema);
        foreach (var (id, shop) in ((string, string)[])[("t1", one), ("t2", other)])
            (await reader.FindAsync(new PaymentFilter(Merchant: shop), 10, default)).Select(payment => payment.Fields[0]).ShouldBe([id]);

        static string Of(string id, string shop) => Predictions.Json(id, more: $",\"shop\":\"{shop}\"");
    }

    static (int Stored, int AlreadyThere) Counts(StoredBatch batch) => (batch.Stored, batch.AlreadyThere);
}
