using FraudStreams.Model.Json;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using Npgsql;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Storage;

/// <summary>Stores that share a few server sessions, each transaction in any free one.</summary>
[Trait("needs", "PostgreSQL, PgBouncer")]
[Trait("Category", "Integration")]
public sealed class PgBouncerStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    readonly PostgresStoreSettings _a = server.NewStore();
    readonly PostgresStoreSettings _b = server.NewStore();

    [PgBouncerFact]
    public async Task Stores_of_two_schemas_that_write_at_once_keep_their_rows_apart()
    {
        await using var pool = await PgBouncer.StartAsync(_a);

        await Task.WhenAll(
            from store in new[] { (Settings: pool.Before(_a), Letter: 'a'), (Settings: pool.Before(_b), Letter: 'b') }
            from writer in Enumerable.Range(0, 3)
            select Task.Run(() => WriteAsync(store.Settings, $"{store.Letter}{writer}")));

        foreach (var (store, letter) in new[] { (_a, 'a'), (_b, 'b') })
        {
            PostgresServer.Rows(store, "SELECT left(id, 1), count(*), count(true_value) FROM transactions GROUP BY 1").ShouldBe([$"{letter}|600|300"]);
            PostgresServer.Rows(store, "SELECT left(id, 1), count(*) FROM label_history GROUP BY 1").ShouldBe([$"{letter}|300"]);
            PostgresServer.Rows(store, "SELECT number FROM store_steps ORDER BY number").ShouldBe(["1", "2", "3", "4", "5", "6"]);
            await using var read = Predictions.Open(pool.Before(store));
            (await read.CountAsync()).ShouldBe(new StoreCounts(600, 600));
            (await read.CountConfirmedAsync()).ShouldBe(300);
            (await read.ReadLabelsAsync(default)).Count(label => label.Id[0] == letter).ShouldBe(300);
            PredictionStore.ReadCounts(pool.Before(store)).ShouldBe(new StoreCounts(600, 600));
        }

        static async Task WriteAsync(PostgresStoreSettings settings, string name)
        {
            await using var store = Predictions.Open(settings);
            for (var batch = 0; batch < 20; batch++)
            {
                var ids = Enumerable.Range(0, 10).Select(i => $"{name}-{batch}-{i}").ToArray();
                (await store.WriteAsync(Predictions.Records(ids.Select(id => Predictions.Json(id, 0.75))))).Stored.ShouldBe(10);
                (await store.WriteAsync([.. ids[..5].Select(id => new Label(id, true, 1_700_000_000_000, name))])).ShouldBe(new LabelCounts(5, 0, 5));
            }
        }
    }

    [PgBouncerFact]
    public async Task A_store_leaves_nothing_in_a_pooled_session()
    {
        await using var pool = await PgBouncer.StartAsync(_a, sessions: 1);
        await using var other = await OpenAsync(pool.Before(_b));
        var before = Session(other);

        await using var store = Predictions.Open(pool.Before(_a) with { Durability = Durability.Normal });
        await store.WriteAsync(Predictions.Records(Predictions.Json("t1"), Predictions.Json("t2")));
        await store.WriteAsync([new Label("t1", true, 1_700_000_000_000, "anna")]);
        await store.CountAsync();
        await store.ReadLabelsAsync(default);

        Session(other).ShouldBe(before);
        PostgresServer.Rows(_a, "SELECT count(*) FROM transactions WHERE true_value = 1").ShouldBe(["1"]);
    }

    [PgBouncerFact]
    public async Task Leftovers_of_other_clients_in_a_session_do_not_affect_a_store()
    {
        await using var pool = await PgBouncer.StartAsync(_a, sessions: 1);
        await Predictions.Open(pool.Before(_b)).DisposeAsync();
        await using var other = await OpenAsync(pool.Before(_b));
        PostgresSession.Execute(other, $"""
            SET search_path = {StoreColumn.Quote(_b.Schema)};
            SET synchronous_commit = off;
            CREATE TEMPORARY TABLE arriving (id text) ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE transactions (id text);
            CREATE TEMPORARY TABLE label_history (id text);
            PREPARE "_p1" AS SELECT 1;
            """);

        await using var store = Predictions.Open(pool.Before(_a));
        await store.WriteAsync([new Label("t1", true, 1_700_000_000_000, "anna")]);
        await store.WriteAsync(Predictions.Records(Predictions.Json("t1"), Predictions.Json("t2")));

        (await store.CountAsync()).Stored.ShouldBe(2);
        (await store.CountConfirmedAsync()).ShouldBe(1);
        PostgresServer.Rows(_a, "SELECT id, confirmed_by FROM transactions ORDER BY id").ShouldBe(["t1|anna", "t2|null"]);
        PostgresServer.Rows(_b, "SELECT count(*) FROM transactions").ShouldBe(["0"]);
    }

    [PgBouncerFact]
    public async Task A_statement_times_out_in_a_pooled_session_as_well()
    {
        await using var pool = await PgBouncer.StartAsync(_a);
        await Predictions.Open(pool.Before(_a)).DisposeAsync();
        await using var store = Predictions.Open(pool.Before(_a) with { StatementTimeout = TimeSpan.FromSeconds(2) });
        await using var holding = await OpenAsync(_a);
        await using var transaction = await holding.BeginTransactionAsync();
        PostgresSession.Execute(holding, PostgresSession.LockAlone(_a));

        var failure = await Should.ThrowAsync<StoreException>(store.WriteAsync(Predictions.Records(Predictions.Json("t1"))));
        await transaction.RollbackAsync();
        var stored = await store.WriteAsync(Predictions.Records(Predictions.Json("t1")));

        failure.Message.ShouldContain("a statement took longer than store.postgresql.statement-timeout (2 s)");
        stored.Stored.ShouldBe(1);
    }

    [PgBouncerFact]
    public async Task A_pooler_in_statement_mode_is_refused_at_start()
    {
        await using var pool = await PgBouncer.StartAsync(_a, mode: "statement");

        var failure = Should.Throw<StoreException>(() => Predictions.Open(pool.Before(_a)));

        failure.Message.ShouldContain("pool_mode = transaction");
    }

    [PgBouncerFact]
    public async Task A_session_setting_in_the_connection_string_is_refused_by_name()
    {
        await using var pool = await PgBouncer.StartAsync(_a);
        var settings = pool.Before(_a);

        var failure = Should.Throw<StoreException>(() => Predictions.Open(settings with { Connection = $"{settings.Connection};Search Path=public" }));

        failure.Message.ShouldContain("leave Search Path, Options and Timezone out of store.postgresql.connection-string");
        failure.Message.ShouldContain("search_path");
    }

    [OwnPgBouncerFact]
    public async Task A_server_that_is_down_behind_its_pooler_is_an_outage_as_without_one()
    {
        await using var pool = await PgBouncer.StartAsync(_a);
        var settings = pool.Before(_a) with { StatementTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(2) };
        await Eventually.TrueAsync(() => Fault(settings) is null, everyMilliseconds: 50);
        PredictionStore store;
        server.Stop();
        try
        {
            await Eventually.TrueAsync(() => Fault(settings)?.Contains("has no session of it to give", StringComparison.Ordinal) == true, everyMilliseconds: 20);
            store = Predictions.Open(settings);
            await Should.ThrowAsync<StoreException>(store.WriteAsync(Predictions.Records(Predictions.Json("t1"))));
        }
        finally
        {
            server.Start();
        }

        await using var opened = store;
        await Eventually.TrueAsync(() => Fault(settings) is null, everyMilliseconds: 50);
        (await store.WriteAsync(Predictions.Records(Predictions.Json("t1")))).Stored.ShouldBe(1);
    }

    /// <summary>The message of a store that cannot be read now; null if it can.</summary>
    static string? Fault(PostgresStoreSettings settings)
    {
        try
        {
            PredictionStore.ReadCounts(settings);
            return null;
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    static async Task<NpgsqlConnection> OpenAsync(PostgresStoreSettings settings)
    {
        var connection = settings.ToConnection();
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>All that a session of the server can keep from one transaction to the next.</summary>
    static List<string> Session(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session'
            UNION ALL SELECT 'temporary ' || relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'
            UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
            UNION ALL SELECT 'locks ' || locktype FROM pg_locks WHERE locktype = 'advisory'
            UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE is_holdable
            UNION ALL SELECT 'listens ' || pg_listening_channels()
            UNION ALL SELECT 'session ' || pg_backend_pid()
            """,
            connection);
        using var rows = command.ExecuteReader();
        var found = new List<string>();
        while (rows.Read()) found.Add(rows.GetString(0));
        return found;
    }
}
