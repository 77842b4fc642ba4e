using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging.Sqlite;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>One host's outboxes, from start to stop.</summary>
sealed class OutboxHarness : IAsyncDisposable
{
    public static readonly FraudSettings Settings = FraudSettings.From(new ConfigLayers(
        set: ["alerts.retry.min-backoff=20ms", "alerts.retry.max-backoff=100ms"], environment: new Dictionary<string, string>(), directory: Path.GetTempPath()).Load());

    readonly ActorSystem _system;
    readonly EmbeddedMessageLog _topics;
    readonly IActorRef _outboxes;

    public OutboxHarness(string folder, IAlertTransport transport, AlertSettings settings, string holder)
    {
        _topics = EmbeddedMessageLog.Open(Settings.Topics.Embedded(folder), TimeProvider.System, _ => { });
        _system = ActorSystem.Create("outboxes", settings.Journal.ToAkka(folder).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF")));
        ImmutableArray<AlertChannel> channels = [new AlertChannel(AlertChannel.Mail, transport, settings.Unlimited)];
        _outboxes = _system.ActorOf(AlertOutboxes.Props(new DeliveryContext(settings, AlertsOf.Template, channels, _topics, new StreamMetrics(), Pending, new DeliveredAlerts(), TimeProvider.System) { Holder = holder }, new AlertJournalTables(settings.Journal, folder)));
        Assign();
    }

    public PendingAlerts Pending { get; } = new();

    public Task OpenAsync() => RaiseAsync();

    public async Task RaiseAsync(params string[] ids)
    {
        while (!await TryRaiseAsync(ids))
            await Task.Delay(10);
    }

    public async Task<bool> TryRaiseAsync(params string[] ids) =>
        await _outboxes.Ask<object>(new EnqueueAlerts(0, AlertsOf.Many(ids)), TimeSpan.FromSeconds(20)) switch
        {
            AlertsEnqueued => true,
            OutboxFull => false,
            var other => throw new InvalidOperationException($"{other}"),
        };

    public Task IdleAsync() => Eventually.TrueAsync(() => Pending.IsIdle);

    /// <summary>The partition is assigned to another host: its outbox is closed.</summary>
    public Task RevokeAsync() => _outboxes.Ask<OutboxesClosed>(new CloseOutboxes(), TimeSpan.FromSeconds(20));

    /// <summary>A stream of the partition begins.</summary>
    public void Assign(object? stream = null) => _outboxes.Tell(new OpenOutbox(0, stream ?? this));

    /// <summary>A stream of the partition has ended.</summary>
    public void End(object stream, bool isRevoked = false) => _outboxes.Tell(new CloseOutbox(0, stream, isRevoked));

    /// <summary>As kill -9: what is in flight is neither finished nor persisted.</summary>
    public async Task DieAsync()
    {
        _system.Stop(_outboxes);
        await _system.Terminate();
        await _topics.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await RevokeAsync();
        await _system.Terminate();
        await _topics.DisposeAsync();
    }
}
