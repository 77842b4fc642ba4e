using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>Two programs on one database, each in a schema of its own, behind one PgBouncer.</summary>
[Trait("needs", "PostgreSQL, PgBouncer")]
[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed class PgBouncerRunTests(SharedPostgres server) : IClassFixture<SharedPostgres>
{
    const int RowsOfA = 900, RowsOfB = 600;

    readonly PostgresStoreSettings _a = server.NewStore();
    readonly PostgresStoreSettings _b = server.NewStore();

    [PgBouncerFact]
    public async Task Two_programs_on_one_database_keep_to_their_own_schemas()
    {
        await using var pool = await PgBouncer.StartAsync(_a);
        using var folderA = new StreamFolder(RowsOfA);
        using var folderB = new StreamFolder(RowsOfB);

        await using var a = Start(folderA, pool.Before(_a));
        await using var b = Start(folderB, pool.Before(_b));

        (await a.ExitAsync()).ShouldBe(0, a.Errors);
        (await b.ExitAsync()).ShouldBe(0, b.Errors);
        ShouldHold(_a, RowsOfA, a);
        ShouldHold(_b, RowsOfB, b);
    }

    static void ShouldHold(PostgresStoreSettings store, int rows, FraudStreamsProcess run)
    {
        var alerts = run.Json().GetProperty("alerts").GetInt64();
        run.Json().GetProperty("stored").GetInt64().ShouldBe(rows);
        PostgresServer.Rows(store, "SELECT count(*) FROM transactions").ShouldBe([$"{rows}"]);
        PostgresServer.Rows(store, "SELECT count(*) FROM transactions WHERE prediction = 1").ShouldBe([$"{alerts}"]);
        alerts.ShouldBeGreaterThan(0);
        PostgresServer.Rows(store, "SELECT count(*) > 0 FROM journal").ShouldBe(["True"]);
    }

    static FraudStreamsProcess Start(StreamFolder folder, PostgresStoreSettings store) => FraudStreamsProcess.Start(
        folder.Path,
        [
            "run", "--input", folder.Input, "--until-drained", "--json", "--set", "store.kind=postgresql", "--set", "alerts.journal.kind=postgresql",
            "--set", $"store.postgresql.connection-string={store.Connection}", "--set", $"store.postgresql.schema={store.Schema}",
            "--set", "store.batch.size=50", "--set", "batch.size=50",
        ],
        (PostgresStoreSettings.PasswordVariable, store.Password.Reveal()));
}
