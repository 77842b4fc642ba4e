using FraudStreams.Alerts;
using FraudStreams.Tests.Storage;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerts;

/// <summary>The journal of alerts in PostgreSQL, where hosts hand them to each other.</summary>
[Trait("Needs", "PostgreSQL")]
public sealed class PostgresJournalTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task A_host_with_another_folder_finds_what_was_raised_and_sends_nothing_twice()
    {
        using var one = new TemporaryFolder();
        using var two = new TemporaryFolder();
        var settings = DesksLife.Settings.Alerts with { Journal = new AlertJournalSettings(server.NewStore(), TimeSpan.Zero) };
        var isUp = true;
        var transport = new ScriptedTransport(_ =>
            isUp ? Task.FromResult(Delivery.Complete) : throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        var names = Enumerable.Range(1000, 3000).Select(n => $"{n}").ToArray();
        await using (var first = new DesksLife(one, transport, settings, "one:1"))
        {
            foreach (var some in names[..2000].Chunk(100))
                await first.RaiseAsync(some);
            await first.IdleAsync();
            isUp = false;
            foreach (var some in names[2000..].Chunk(100))
                await first.RaiseAsync(some);
        }

        isUp = true;
        await using (var second = new DesksLife(two, transport, settings, "two:1"))
        {
            await second.RaiseAsync("1000", "3999", "4000");
            await second.IdleAsync();
        }

        transport.Sent.Length.ShouldBe(3001);
        transport.Sent.ShouldBeUnique();
    }
}
