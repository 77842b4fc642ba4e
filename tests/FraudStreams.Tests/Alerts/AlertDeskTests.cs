using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using FraudStreams.Alerts;
using FraudStreams.Monitoring;
using FraudStreams.Settings;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerts;

/// <summary>Desks with a real journal and real topics, and people who are reached as the test says.</summary>
public sealed class AlertDeskTests : IDisposable
{
    static readonly FraudSettings s_settings = FraudSettings.From(new ConfigLayers(
        set: ["alerts.retry.min-backoff=20ms", "alerts.retry.max-backoff=100ms"], environment: new Dictionary<string, string>(), directory: Path.GetTempPath()).Load());

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
        Recorded(Topic.Alerts).ShouldBe(["a", "b", "c", "d"]);
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
        Recorded(Topic.Alerts).ShouldBe(["a", "b", "c"]);
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
        Recorded(Topic.Alerts).ShouldBe(["a", "b"]);
        Recorded(Topic.Undelivered).ShouldBe(["bad"]);
        EmbeddedLog.ReadRecords(_folder, Topic.Undelivered).ShouldHaveSingleItem().Value.ToArray()
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
        Recorded(Topic.Alerts).Length.ShouldBe(4001);
        using var journal = FraudStreams.Sqlite.SqliteFile.Open(Path.Combine(_folder, "alerts.db"), FraudStreams.Sqlite.SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        journal.QueryLong("SELECT count(*) FROM journal").ShouldBeLessThan(7000);
        journal.QueryLong("SELECT count(*) FROM snapshot").ShouldBeLessThanOrEqualTo(2);
    }

    string[] Recorded(string topic) =>
        [.. EmbeddedLog.ReadRecords(_folder, topic).Select(record => System.Text.Json.JsonDocument.Parse(record.Value).RootElement.GetProperty("transaction").GetString()!).Order()];

    Life Live(IAlertTransport transport, int parallel = 4, int waiting = 1000, TimeSpan? keep = null) => new(
        _folder, transport, s_settings.Alerts with
        {
            Parallel = parallel,
            Waiting = waiting,
            Journal = s_settings.Alerts.Journal with { Keep = keep ?? s_settings.Alerts.Journal.Keep },
        });

    /// <summary>One host's desks, from start to stop.</summary>
    sealed class Life : IAsyncDisposable
    {
        readonly ActorSystem _system;
        readonly EmbeddedTopics _topics;
        readonly IActorRef _desks;

        public Life(string folder, IAlertTransport transport, AlertSettings settings)
        {
            _topics = EmbeddedTopics.Open(s_settings.Topics.Embedded(folder), TimeProvider.System, _ => { });
            _system = ActorSystem.Create("desks", settings.Journal.ToAkka(folder).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF")));
            ImmutableArray<AlertChannel> channels = [new AlertChannel(AlertChannel.Mail, transport, settings.Unlimited)];
            _desks = _system.ActorOf(AlertDesks.Props(new AlertOffice(settings, channels, _topics, new StreamCounters(), Gauge, TimeProvider.System)));
            _desks.Tell(new OpenDesk(0));
        }

        public AlertGauge Gauge { get; } = new();

        public Task OpenAsync() => RaiseAsync();

        public async Task RaiseAsync(params string[] ids)
        {
            while (!await TryRaiseAsync(ids))
                await Task.Delay(10);
        }

        public async Task<bool> TryRaiseAsync(params string[] ids) =>
            await _desks.Ask<object>(new RaiseAlerts(0, AlertsOf.Many(ids)), TimeSpan.FromSeconds(20)) switch
            {
                AlertsAreRaised => true,
                DeskIsBusy => false,
                var other => throw new InvalidOperationException($"{other}"),
            };

        public Task IdleAsync() => Eventually.TrueAsync(() => Gauge.IsIdle);

        public async ValueTask DisposeAsync()
        {
            await _desks.Ask<DesksClosed>(new CloseDesks(), TimeSpan.FromSeconds(20));
            await _system.Terminate();
            await _topics.DisposeAsync();
        }
    }
}
