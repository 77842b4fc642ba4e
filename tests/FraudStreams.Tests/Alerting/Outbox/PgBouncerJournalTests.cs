using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>Journals of alerts that share a few sessions of the server through PgBouncer.</summary>
[Trait("needs", "PostgreSQL, PgBouncer")]
[Trait("Category", "Integration")]
public sealed class PgBouncerJournalTests(SharedPostgres server) : IClassFixture<SharedPostgres>
{
    readonly PostgresStoreSettings _a = server.NewStore();
    readonly PostgresStoreSettings _b = server.NewStore();

    [PgBouncerFact]
    public async Task Journals_of_two_schemas_written_at_once_keep_their_alerts_apart()
    {
        await using var pool = await PgBouncer.StartAsync(_a);
        var (a, b) = (Names("a"), Names("b"));

        var sent = await Task.WhenAll(Task.Run(() => LiveTwiceAsync(pool.Before(_a), a)), Task.Run(() => LiveTwiceAsync(pool.Before(_b), b)));

        sent[0].Order(StringComparer.Ordinal).ShouldBe(a.Order(StringComparer.Ordinal));
        sent[1].Order(StringComparer.Ordinal).ShouldBe(b.Order(StringComparer.Ordinal));
        Alerts(_a).ShouldBe(a);
        Alerts(_b).ShouldBe(b);
    }

    /// <summary>The alerts that a schema's journal holds as raised.</summary>
    static List<string> Alerts(PostgresStoreSettings store) => PostgresServer.Rows(
        store, "SELECT DISTINCT (regexp_matches(convert_from(message, 'UTF8'), '[ab]1\\d{3}', 'g'))[1] AS name FROM journal ORDER BY name");

    /// <summary>Two hosts, one after the other: the second delivers from the journal what the first could not send.</summary>
    static async Task<IReadOnlyCollection<string>> LiveTwiceAsync(PostgresStoreSettings store, string[] names)
    {
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        var settings = OutboxHarness.Settings.Alerts with { Journal = new AlertJournalSettings(store, TimeSpan.FromDays(1)) };
        var isUp = true;
        var transport = new ScriptedTransport(_ =>
            isUp ? Task.FromResult(Delivery.Complete) : throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        await using (var first = new OutboxHarness(one, transport, settings, "one:1"))
        {
            foreach (var some in names[..200].Chunk(20))
                await first.RaiseAsync(some);
            await first.IdleAsync();
            isUp = false;
            foreach (var some in names[200..].Chunk(20))
                await first.RaiseAsync(some);
        }

        isUp = true;
        await using var second = new OutboxHarness(two, transport, settings, "two:1");
        await second.RaiseAsync(names[0], names[^1]);
        await second.IdleAsync();
        return transport.Sent;
    }

    static string[] Names(string letter) => [.. Enumerable.Range(1000, 300).Select(n => $"{letter}{n}")];
}
