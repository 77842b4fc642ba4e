using FraudStreams.Alerting.Channels;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>Outboxes with a real journal and real topics, and a transport that does what the test says.</summary>
[Trait("Category", "Integration")]
public sealed class AlertOutboxTests : IDisposable
{
    static readonly FraudSettings s_settings = OutboxHarness.Settings;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_redelivered_prediction_raises_no_second_alert()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var host = Live(transport))
        {
            await host.RaiseAsync("a", "b");
            await host.RaiseAsync("b", "c");
            await host.IdleAsync();
        }

        await using (var next = Live(transport))
        {
            await next.RaiseAsync("a", "c", "d");
            await next.IdleAsync();
        }

        transport.Sent.Order().ShouldBe(["a", "b", "c", "d"]);
        Logged(TopicNames.Alerts).ShouldBe(["a", "b", "c", "d"]);
    }

    [Fact]
    public async Task What_a_host_persists_when_it_gets_a_partition_back_is_recovered_too()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var first = Live(transport, holder: "one:1"))
        {
            await first.RaiseAsync("a");
            await first.IdleAsync();
            await first.RevokeAsync();
            await using (var second = Live(transport, holder: "two:1"))
            {
                await second.RaiseAsync("b");
                await second.IdleAsync();
            }

            first.Assign();
            await first.RaiseAsync("c");
            await first.IdleAsync();
        }

        await using (var third = Live(transport, holder: "three:1"))
        {
            await third.RaiseAsync("a", "b", "c", "d");
            await third.IdleAsync();
        }

        transport.Sent.ShouldBe(["a", "b", "c", "d"]);
    }

    [Fact]
    public async Task A_stream_that_ends_late_does_not_close_the_outbox_of_its_successor()
    {
        var (former, successor) = (new object(), new object());
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using var host = Live(transport);
        host.Assign(former);
        await host.RaiseAsync("a");

        host.Assign(successor);
        host.End(former);
        await host.RaiseAsync("b").WaitAsync(TimeSpan.FromSeconds(20));
        await host.IdleAsync();

        transport.Sent.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_lost_journal_begins_anew_and_logs_behind_the_earlier_alerts()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var host = Live(transport))
        {
            await host.RaiseAsync("a", "b", "c");
            await host.IdleAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_folder, "alerts.db*"))
            File.Delete(file);
        foreach (var id in (string[])["d", "e"])
        {
            await using var next = Live(transport);
            await next.RaiseAsync(id);
            await next.IdleAsync();
        }

        Logged(TopicNames.Alerts).ShouldBe(["a", "b", "c", "d", "e"]);
    }

    [Fact]
    public async Task Alerts_pending_at_a_stop_are_delivered_by_the_next_host_oldest_first()
    {
        var down = new ScriptedTransport(_ => throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        await using (var host = Live(down))
            await host.RaiseAsync("a", "b", "c");
        var up = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));

        await using (var next = Live(up, parallel: 1))
        {
            await next.OpenAsync();
            await next.IdleAsync();
        }

        up.Sent.ShouldBe(["a", "b", "c"]);
        Logged(TopicNames.Alerts).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task Alerts_raised_while_the_server_is_down_go_out_later_oldest_first()
    {
        var isUp = false;
        var transport = new ScriptedTransport(_ =>
            isUp ? Task.FromResult(Delivery.Complete) : throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        await using var host = Live(transport, parallel: 1);
        for (var i = 10; i < 30; i++)
            await host.RaiseAsync($"{i}");
        host.Pending.Waiting.ShouldBe(20);

        isUp = true;

        await host.IdleAsync();
        transport.Sent.ShouldBe(Enumerable.Range(10, 20).Select(i => $"{i}"));
    }

    [Fact]
    public async Task Alerts_of_a_revoked_partition_wait_at_its_next_host_and_here_no_more()
    {
        var isUp = false;
        var transport = new ScriptedTransport(_ =>
            isUp ? Task.FromResult(Delivery.Complete) : throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        await using var host = Live(transport);
        object first = new(), second = new();
        host.Assign(first);
        await host.RaiseAsync("a", "b", "c");

        // A stream that failed gets the partition back, and until then its alerts are neither delivered nor forgotten.
        host.End(first);
        await Eventually.TrueAsync(async () => !await host.TryRaiseAsync("d"));
        (host.Pending.Waiting, host.Pending.IsIdle).ShouldBe((3, false));
        host.Assign(second);
        await host.OpenAsync();
        host.Pending.Waiting.ShouldBe(3);

        host.End(second, isRevoked: true);
        await host.IdleAsync();
        host.Pending.Waiting.ShouldBe(0);

        isUp = true;
        host.Assign();
        await host.OpenAsync();
        await host.IdleAsync();
        transport.Sent.ShouldBe(["a", "b", "c"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_deferred_message_delays_no_other()
    {
        var tries = 0;
        var transport = new ScriptedTransport(message => message.Name == "slow" && Interlocked.Increment(ref tries) < 4
            ? throw new AlertDeliveryException(DeliveryFault.Later, "451 not now")
            : Task.FromResult(Delivery.Complete));
        await using var host = Live(transport, parallel: 1);

        await host.RaiseAsync("slow", "b", "c");

        await host.IdleAsync();
        transport.Sent.ShouldBe(["b", "c", "slow"]);
    }

    [Fact]
    public async Task A_refused_message_goes_to_undelivered_and_is_not_retried()
    {
        var tries = 0;
        var transport = new ScriptedTransport(message =>
        {
            if (message.Name != "bad")
                return Task.FromResult(Delivery.Complete);
            Interlocked.Increment(ref tries);
            throw new AlertDeliveryException(DeliveryFault.Refused, "554 not here");
        });
        await using (var host = Live(transport))
        {
            await host.RaiseAsync("a", "bad", "b");
            await host.IdleAsync();
        }

        tries.ShouldBe(1);
        Logged(TopicNames.Alerts).ShouldBe(["a", "b"]);
        Logged(TopicNames.Undelivered).ShouldBe(["bad"]);
        EmbeddedLog.ReadRecords(_folder, TopicNames.Undelivered).ShouldHaveSingleItem().Value.ToArray()
            .ShouldSatisfyAllConditions(bytes => System.Text.Encoding.UTF8.GetString(bytes).ShouldContain("554 not here"));
    }

    [Fact]
    public async Task A_full_outbox_takes_no_alert_until_some_are_settled()
    {
        var gate = new TaskCompletionSource();
        var transport = new ScriptedTransport(async _ =>
        {
            await gate.Task;
            return Delivery.Complete;
        });
        await using var host = Live(transport, waiting: 100);
        await host.RaiseAsync([.. Enumerable.Range(0, 100).Select(i => $"{i}")]);

        (await host.TryRaiseAsync("one more")).ShouldBeFalse();
        gate.SetResult();

        await host.RaiseAsync("one more");
        await host.IdleAsync();
        transport.Sent.Length.ShouldBe(101);
    }

    [Fact]
    public async Task A_journal_of_thousands_of_alerts_is_cleaned_and_still_recovers()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var host = Live(transport, keep: TimeSpan.Zero))
        {
            for (var i = 0; i < 40; i++)
                await host.RaiseAsync([.. Enumerable.Range(i * 100, 100).Select(n => $"{n}")]);
            await host.IdleAsync();
        }

        await using (var next = Live(transport))
        {
            await next.RaiseAsync("3999", "4000");
            await next.IdleAsync();
        }

        transport.Sent.Length.ShouldBe(4001);
        Logged(TopicNames.Alerts).Length.ShouldBe(4001);
        using var journal = FraudStreams.Sqlite.SqliteFile.Open(Path.Combine(_folder, "alerts.db"), FraudStreams.Sqlite.SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        // Each alert is raised and delivered: two events. How many of the last ones are deleted yet depends on timing.
        journal.QueryLong("SELECT count(*) FROM journal").ShouldBeLessThan(8000);
        journal.QueryLong("SELECT count(*) FROM snapshot").ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task A_second_host_waits_until_the_first_has_persisted_its_outcomes()
    {
        var gate = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var first = new ScriptedTransport(async _ =>
        {
            begun.TrySetResult();
            await gate.Task;
            return Delivery.Complete;
        });
        var second = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        var leaving = Live(first, parallel: 1, holder: "elsewhere:1");
        await leaving.RaiseAsync("a");
        await begun.Task;

        await using var coming = Live(second, holder: "elsewhere:2");
        (await coming.TryRaiseAsync("b")).ShouldBeFalse();
        second.Sent.ShouldBeEmpty();
        gate.SetResult();
        await leaving.DisposeAsync();
        await coming.RaiseAsync("a", "b");
        await coming.IdleAsync();

        first.Sent.ShouldBe(["a"]);
        second.Sent.ShouldBe(["b"]);
        Logged(TopicNames.Alerts).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task While_another_host_has_the_alerts_every_request_is_answered()
    {
        var stuck = new ScriptedTransport(_ => new TaskCompletionSource<Delivery>().Task);
        var first = Live(stuck, holder: "elsewhere:1");
        await first.RaiseAsync("a");
        await using var coming = Live(new ScriptedTransport(_ => Task.FromResult(Delivery.Complete)), holder: "elsewhere:2");
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        // Its outbox recovers twice a second and is stopped again; requests that reach it meanwhile must still be answered.
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var raised = false;
            while (!enough.IsCancellationRequested)
                raised |= await coming.TryRaiseAsync("b");
            return raised;
        }));

        answers.ShouldAllBe(raised => !raised);
        await first.DieAsync();
    }

    [Fact]
    public async Task A_host_that_died_is_waited_for_and_then_its_alerts_go_out()
    {
        var down = new ScriptedTransport(_ => throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        var dead = Live(down, holder: "elsewhere:1");
        await dead.RaiseAsync("a");
        await dead.DieAsync();
        var up = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));

        await using var next = Live(up, holder: "elsewhere:2");
        await next.OpenAsync();
        await next.IdleAsync();

        up.Sent.ShouldBe(["a"]);
    }

    string[] Logged(string topic) =>
        [.. EmbeddedLog.ReadRecords(_folder, topic).Select(record => System.Text.Json.JsonDocument.Parse(record.Value).RootElement.GetProperty("transaction").GetString()!).Order()];

    OutboxHarness Live(IAlertTransport transport, int parallel = 4, int waiting = 1000, TimeSpan? keep = null, string? holder = null) => new(
        _folder, transport, s_settings.Alerts with
        {
            Parallel = parallel,
            Waiting = waiting,
            Journal = s_settings.Alerts.Journal with { Keep = keep ?? s_settings.Alerts.Journal.Keep },
        },
        holder ?? "this:0");
}
