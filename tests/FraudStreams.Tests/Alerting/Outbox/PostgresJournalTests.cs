using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>The journal of alerts in PostgreSQL, where hosts hand them to each other.</summary>
[Trait("Needs", "PostgreSQL")]
public sealed class PostgresJournalTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task A_host_with_another_folder_finds_what_was_raised_and_sends_nothing_twice()
    {
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        var settings = OutboxHarness.Settings.Alerts with { Journal = new AlertJournalSettings(server.NewStore(), TimeSpan.Zero) };
        var isUp = true;
        var transport = new ScriptedTransport(_ =>
            isUp ? Task.FromResult(Delivery.Complete) : throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        var names = Enumerable.Range(1000, 3000).Select(n => $"{n}").ToArray();
        await using (var first = new OutboxHarness(one, transport, settings, "one:1"))
        {
            foreach (var some in names[..2000].Chunk(100))
                await first.RaiseAsync(some);
            await first.IdleAsync();
            isUp = false;
            foreach (var some in names[2000..].Chunk(100))
                await first.RaiseAsync(some);
        }

        isUp = true;
        await using (var second = new OutboxHarness(two, transport, settings, "two:1"))
        {
            await second.RaiseAsync("1000", "3999", "4000");
            await second.IdleAsync();
        }

        transport.Sent.Length.ShouldBe(3001);
        transport.Sent.ShouldBeUnique();
    }

    [OwnPostgresFact]
    public async Task With_the_server_away_at_the_start_alerts_wait_and_go_out_by_themselves_when_it_is_there()
    {
        using var folder = new TemporaryFolder();
        var settings = SettingsOn(server.NewStore());
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        server.Stop();
        try
        {
            await using var life = new OutboxHarness(folder, transport, settings, "one:1");
            (await life.TryRaiseAsync("1")).ShouldBeFalse();
            server.Start();

            await life.RaiseAsync("1", "2");
            await life.IdleAsync();
        }
        finally
        {
            if (!server.IsRunning)
                server.Start();
        }

        transport.Sent.Order().ShouldBe(["1", "2"]);
    }

    [OwnPostgresFact]
    public async Task A_server_that_is_restarted_under_load_loses_no_alert_and_none_goes_out_twice()
    {
        using var folder = new TemporaryFolder();
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        var names = Enumerable.Range(1, 400).Select(n => $"{n}").ToArray();
        await using (var life = new OutboxHarness(folder, transport, SettingsOn(server.NewStore()), "one:1"))
        {
            foreach (var (round, some) in names.Chunk(20).Index())
            {
                if (round is 5 or 12)
                    server.Restart();
                await RaiseThroughFailuresAsync(life, some);
            }

            await life.IdleAsync();
        }

        transport.Sent.Order().ShouldBe(names.Order());
    }

    [PostgresFact]
    public async Task A_schema_that_goes_missing_is_made_again()
    {
        using var folder = new TemporaryFolder();
        var store = server.NewStore();
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using var life = new OutboxHarness(folder, transport, SettingsOn(store), "one:1");
        await life.RaiseAsync("1");
        await life.IdleAsync();

        PostgresServer.Execute(store, $"DROP SCHEMA \"{store.Schema}\" CASCADE");

        await RaiseThroughFailuresAsync(life, "2");
        await life.IdleAsync();
        transport.Sent.ShouldContain("2");
    }

    static AlertSettings SettingsOn(FraudStreams.Storage.Postgres.PostgresStoreSettings store) =>
        OutboxHarness.Settings.Alerts with { Journal = new AlertJournalSettings(store with { ConnectTimeout = TimeSpan.FromSeconds(2) }, TimeSpan.FromDays(1)) };

    /// <summary>As the branch does that starts again: what was not said to be raised is raised once more.</summary>
    static async Task RaiseThroughFailuresAsync(OutboxHarness life, params string[] names) => await Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return await life.TryRaiseAsync(names);
            }
            catch (Exception e) when (e is not Shouldly.ShouldAssertException)
            {
                return false;
            }
        },
        limitSeconds: 60, everyMilliseconds: 20);
}
