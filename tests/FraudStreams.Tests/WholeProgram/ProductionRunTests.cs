using System.Text.Json;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using Npgsql;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>The program with hocon/kafka.conf, on a Kafka broker and a PostgreSQL server of the test's own.</summary>
[Trait("needs", "kafka, PostgreSQL")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class ProductionRunTests(KafkaBroker broker, PostgresServer postgres) : IClassFixture<KafkaBroker>, IClassFixture<PostgresServer>
{
    const int Rows = 6_000;

    static readonly string s_kafka = Path.Combine(AppContext.BaseDirectory, "hocon", "kafka.conf");

    readonly PostgresStoreSettings _store = postgres.NewStore();

    [ProductionFact]
    public async Task A_file_reaches_PostgreSQL_through_Kafka_while_both_are_killed()
    {
        using var folder = new StreamFolder(Rows);
        var kafka = await File.ReadAllTextAsync(s_kafka);
        folder.SetSpeeds("speed_1 = 100/s", kafka);
        await using var run = StartWith(folder.SpeedsFile, folder, "run", "--input", folder.Input, "--until-drained", "--json");
        await Eventually.TrueAsync(() => Stored() > 200, limitSeconds: 60, everyMilliseconds: 50);

        await postgres.KillAsync();
        await run.LineAsync("store: ");
        postgres.Start();
        var stored = Stored();
        await Eventually.TrueAsync(() => Stored() > stored, limitSeconds: 60, everyMilliseconds: 50);
        await broker.KillAsync();
        await run.LineAsync("127.0.0.1");
        await broker.StartAsync();
        folder.SetSpeeds("speed_1 = unlimited", kafka);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        ShouldHoldAll(run.Json());
    }

    [ProductionFact]
    public async Task Three_hosts_share_a_file_and_replace_one_that_is_killed()
    {
        using var folder = new StreamFolder(Rows);
        await using var first = Start(folder, "run", "--roles", "score", "alert", "store");
        await using var second = Start(folder, "run", "--roles", "score", "alert", "store");
        await using var producer = Start(folder, "simulate", "--input", folder.Input, "--set", "speeds.speed_1=1000/s");
        await Eventually.TrueAsync(() => Stored() > 1_000, limitSeconds: 60, everyMilliseconds: 50);

        await first.KillAsync();
        (await producer.ExitAsync()).ShouldBe(0, producer.Errors);
        await using var drained = Start(folder, "run", "--input", folder.Input, "--until-drained", "--json");

        // Alerts that wait when a host goes are the next owner's, which may have ended before it gets their partition.
        await Eventually.TrueAsync(
            () => Stored() == Rows && folder.Mails().Length == PredictionStore.ReadCounts(_store).PredictedFrauds, "the end", limitSeconds: 90, everyMilliseconds: 100);
        await second.TerminateAsync();
        (await second.ExitAsync()).ShouldBe(0, second.Errors);
        (await drained.ExitAsync()).ShouldBe(0, drained.Errors);
        ShouldHoldAll(drained.Json());
    }

    FraudStreamsProcess Start(StreamFolder folder, params string[] arguments) => StartWith(s_kafka, folder, arguments);

    FraudStreamsProcess StartWith(string config, StreamFolder folder, params string[] arguments)
    {
        var prefix = $"{_store.Schema}.";
        return FraudStreamsProcess.Start(
            folder.Path,
            [
                .. arguments, "--config", config,
                "--set", $"topics.kafka.bootstrap-servers={broker.Servers}", "--set", $"topics.kafka.prefix={prefix}", "--set", "topics.partitions=3",
                "--set", $"store.postgresql.connection-string={_store.Connection}", "--set", $"store.postgresql.schema={_store.Schema}",
                "--set", "store.postgresql.connect-timeout=2s", "--set", "restart.max-backoff=500ms", "--set", "console.log-every=500ms",
                "--set", "topics.kafka.consumer.client.session.timeout.ms=6000", "--set", "topics.kafka.consumer.client.heartbeat.interval.ms=500",
            ],
            ("FRAUDSTREAMS_POSTGRES_PASSWORD", _store.Password.Reveal()));
    }

    /// <summary>0 while the server or the table does not exist yet.</summary>
    long Stored()
    {
        try
        {
            return PredictionStore.ReadCounts(_store).Stored;
        }
        catch (Exception e) when (e is StoreException or NpgsqlException)
        {
            return 0;
        }
    }

    static void ShouldHoldAll(JsonElement status)
    {
        status.GetProperty("transactions").GetInt64().ShouldBe(Rows);
        status.GetProperty("stored").GetInt64().ShouldBe(Rows);
        status.GetProperty("predictions").GetInt64().ShouldBeGreaterThanOrEqualTo(Rows);
        status.GetProperty("predicted_frauds").GetInt64().ShouldBeGreaterThan(0);
        status.GetProperty("alerts").GetInt64().ShouldBe(status.GetProperty("predicted_frauds").GetInt64());
        foreach (var lag in status.GetProperty("lag").EnumerateObject())
            lag.Value.GetInt64().ShouldBe(0, lag.Name);
    }
}

/// <summary>A test that starts and kills Kafka and PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ProductionFactAttribute : FactAttribute
{
    public ProductionFactAttribute() => Skip = KafkaBroker.WhyNotOwn ?? PostgresServer.WhyNotOwn;
}
