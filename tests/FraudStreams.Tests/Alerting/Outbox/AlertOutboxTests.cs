using FraudStreams.Alerting.Channels;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>Desks with a real journal and real topics, and people who are reached as the test says.</summary>
public sealed class AlertOutboxTests : IDisposable
{
    static readonly FraudSettings s_settings = OutboxHarness.Settings;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_redelivered_prediction_raises_nothing_twice()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var life = Live(transport))
        {
            await life.RaiseAsync("a", "b");
            await life.RaiseAsync("b", "c");
            await life.IdleAsync();
        }

        await using (var next = Live(transport))
        {
            await next.RaiseAsync("a", "c", "d");
            await next.IdleAsync();
        }

        transport.Sent.Order().ShouldBe(["a", "b", "c", "d"]);
        Recorded(TopicNames.Alerts).ShouldBe(["a", "b", "c", "d"]);
    }

    [Fact]
    public async Task A_journal_that_was_lost_begins_anew_and_what_it_delivers_is_put_on_record_behind_what_was()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var life = Live(transport))
        {
            await life.RaiseAsync("a", "b", "c");
            await life.IdleAsync();
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

        Recorded(TopicNames.Alerts).ShouldBe(["a", "b", "c", "d", "e"]);
    }

    [Fact]
    public async Task What_was_raised_and_not_sent_when_the_host_went_goes_out_from_the_next_oldest_first()
    {
        var down = new ScriptedTransport(_ => throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        await using (var life = Live(down))
            await life.RaiseAsync("a", "b", "c");
        var up = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));

        await using (var next = Live(up, parallel: 1))
        {
            await next.OpenAsync();
            await next.IdleAsync();
        }

        up.Sent.ShouldBe(["a", "b", "c"]);
        Recorded(TopicNames.Alerts).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task While_a_server_is_down_new_alerts_are_raised_and_when_it_is_up_all_go_out_oldest_first()
    {
        var isUp = false;
        var transport = new ScriptedTransport(_ =>
            isUp ? Task.FromResult(Delivery.Complete) : throw new AlertDeliveryException(DeliveryFault.Unavailable, "connection refused"));
        await using var life = Live(transport, parallel: 1);
        for (var i = 10; i < 30; i++)
            await life.RaiseAsync($"{i}");
        life.Gauge.Waiting.ShouldBe(20);

        isUp = true;

        await life.IdleAsync();
        transport.Sent.ShouldBe(Enumerable.Range(10, 20).Select(i => $"{i}"));
    }

    [Fact]
    public async Task A_message_that_is_put_off_holds_up_no_other()
    {
        var tries = 0;
        var transport = new ScriptedTransport(message => message.Name == "slow" && Interlocked.Increment(ref tries) < 4
            ? throw new AlertDeliveryException(DeliveryFault.Later, "451 not now")
            : Task.FromResult(Delivery.Complete));
        await using var life = Live(transport, parallel: 1);

        await life.RaiseAsync("slow", "b", "c");

        await life.IdleAsync();
        transport.Sent.ShouldBe(["b", "c", "slow"]);
    }

    [Fact]
    public async Task A_message_that_is_refused_for_good_is_set_aside_with_its_reason_and_not_tried_again()
    {
        var tries = 0;
        var transport = new ScriptedTransport(message =>
        {
            if (message.Name != "bad")
                return Task.FromResult(Delivery.Complete);
            Interlocked.Increment(ref tries);
            throw new AlertDeliveryException(DeliveryFault.Refused, "554 not here");
        });
        await using (var life = Live(transport))
        {
            await life.RaiseAsync("a", "bad", "b");
            await life.IdleAsync();
        }

        tries.ShouldBe(1);
        Recorded(TopicNames.Alerts).ShouldBe(["a", "b"]);
        Recorded(TopicNames.Undelivered).ShouldBe(["bad"]);
        EmbeddedLog.ReadRecords(_folder, TopicNames.Undelivered).ShouldHaveSingleItem().Value.ToArray()
            .ShouldSatisfyAllConditions(bytes => System.Text.Encoding.UTF8.GetString(bytes).ShouldContain("554 not here"));
    }

    [Fact]
    public async Task As_many_alerts_wait_as_may_and_more_are_not_taken_until_some_are_gone()
    {
        var gate = new TaskCompletionSource();
        var transport = new ScriptedTransport(async _ =>
        {
            await gate.Task;
            return Delivery.Complete;
        });
        await using var life = Live(transport, waiting: 100);
        await life.RaiseAsync([.. Enumerable.Range(0, 100).Select(i => $"{i}")]);

        (await life.TryRaiseAsync("one more")).ShouldBeFalse();
        gate.SetResult();

        await life.RaiseAsync("one more");
        await life.IdleAsync();
        transport.Sent.Length.ShouldBe(101);
    }

    [Fact]
    public async Task A_journal_of_thousands_of_alerts_is_cleaned_and_brings_back_what_it_has_to()
    {
        var transport = new ScriptedTransport(_ => Task.FromResult(Delivery.Complete));
        await using (var life = Live(transport, keep: TimeSpan.Zero))
        {
            for (var i = 0; i < 40; i++)
                await life.RaiseAsync([.. Enumerable.Range(i * 100, 100).Select(n => $"{n}")]);
            await life.IdleAsync();
        }

        await using (var next = Live(transport))
        {
            await next.RaiseAsync("3999", "4000");
            await next.IdleAsync();
        }

        transport.Sent.Length.ShouldBe(4001);
        Recorded(TopicNames.Alerts).Length.ShouldBe(4001);
        using var journal = FraudStreams.Sqlite.SqliteFile.Open(Path.Combine(_folder, "alerts.db"), FraudStreams.Sqlite.SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        // Each alert is raised and delivered: two events. How many of the last ones are cleaned yet is a matter of the moment.
        journal.QueryLong("SELECT count(*) FROM journal").ShouldBeLessThan(8000);
        journal.QueryLong("SELECT count(*) FROM snapshot").ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task Another_host_waits_until_the_first_has_ended_and_noted_what_it_was_sending()
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
        Recorded(TopicNames.Alerts).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task While_another_host_has_the_alerts_every_question_is_answered()
    {
        var stuck = new ScriptedTransport(_ => new TaskCompletionSource<Delivery>().Task);
        var first = Live(stuck, holder: "elsewhere:1");
        await first.RaiseAsync("a");
        await using var coming = Live(new ScriptedTransport(_ => Task.FromResult(Delivery.Complete)), holder: "elsewhere:2");
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        // Its desk looks twice a second and steps back; what reaches it meanwhile must not go down with it.
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
    public async Task A_host_that_never_closed_is_waited_for_and_then_its_alerts_go_out()
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

    string[] Recorded(string topic) =>
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
