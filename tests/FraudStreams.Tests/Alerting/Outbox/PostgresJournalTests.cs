using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>The journal of alerts in PostgreSQL, from which another host takes them over.</summary>
[Trait("Needs", "PostgreSQL")]
[Trait("Category", "Integration")]
public sealed class PostgresJournalTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task A_host_with_another_folder_takes_over_and_sends_nothing_twice()
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
    public async Task Alerts_wait_while_the_server_is_down_at_the_start_and_then_go_out()
    {
        using var folder = new TemporaryFolder();
        var settings = SettingsOn(server.NewStore());
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        server.Stop();
        try
        {
            await using var host = new OutboxHarness(folder, transport, settings, "one:1");
            (await host.TryRaiseAsync("1")).ShouldBeFalse();
            server.Start();

            await host.RaiseAsync("1", "2");
            await host.IdleAsync();
        }
        finally
        {
            if (!server.IsRunning)
                server.Start();
        }

        transport.Sent.Order().ShouldBe(["1", "2"]);
    }

    [OwnPostgresFact]
    public async Task A_server_restarted_under_load_loses_no_alert_and_repeats_none()
    {
        using var folder = new TemporaryFolder();
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        var names = Enumerable.Range(1, 400).Select(n => $"{n}").ToArray();
        await using (var host = new OutboxHarness(folder, transport, SettingsOn(server.NewStore()), "one:1"))
        {
            foreach (var (round, some) in names.Chunk(20).Index())
            {
                if (round is 5 or 12)
                    server.Restart();
                await RaiseThroughFailuresAsync(host, some);
            }

            await host.IdleAsync();
        }

        transport.Sent.Order().ShouldBe(names.Order());
    }

    [PostgresFact]
    public async Task A_schema_that_was_dropped_is_created_again()
    {
        using var folder = new TemporaryFolder();
        var store = server.NewStore();
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using var host = new OutboxHarness(folder, transport, SettingsOn(store), "one:1");
        await host.RaiseAsync("1");
        await host.IdleAsync();

        PostgresServer.Execute(store, $"DROP SCHEMA \"{store.Schema}\" CASCADE");

        await RaiseThroughFailuresAsync(host, "2");
        await host.IdleAsync();
        transport.Sent.ShouldContain("2");
    }

    static AlertSettings SettingsOn(FraudStreams.Storage.Postgres.PostgresStoreSettings store) =>
        OutboxHarness.Settings.Alerts with { Journal = new AlertJournalSettings(store with { ConnectTimeout = TimeSpan.FromSeconds(2) }, TimeSpan.FromDays(1)) };

    /// <summary>As a pipeline that restarts: alerts that were not acknowledged are enqueued again.</summary>
    static async Task RaiseThroughFailuresAsync(OutboxHarness host, params string[] names) => await Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return await host.TryRaiseAsync(names);
            }
            catch (Exception e) when (e is not Shouldly.ShouldAssertException)
            {
                return false;
            }
        },
        limitSeconds: 60, everyMilliseconds: 20);
}
