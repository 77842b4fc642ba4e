using Akka;
using Akka.Actor;
using Akka.Streams.Dsl;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;
using FraudStreams.Messaging;
using FraudStreams.Topics;

namespace FraudStreams.Pipelines;

/// <summary>Writes predicted frauds to the outbox of their partition; the outboxes deliver them beside the graph, at the channels' own pace.</summary>
sealed class AlertPipeline : IPipeline
{
    IActorRef _outboxes = ActorRefs.Nobody;
    PendingAlerts? _pending;

    public string Name => ConsumerGroups.Alert;

    public Role Role => Role.Alert;

    public IRunnableGraph<Task<Done>> Build(PipelineContext context)
    {
        var (settings, resources) = (context.Settings, context.Resources);
        var template = AlertTemplate.Of(settings.Alerts.Template, resources.Schema);
        var channels = DeliveryContext.ChannelsOf(settings.Alerts, template, settings.DataDirectory, context.Time);
        var delivery = resources.Own(new DeliveryContext(
            settings.Alerts, template, channels, resources.Topics, context.Metrics, resources.PendingAlerts, resources.DeliveredAlerts, context.Time)
        {
            Log = context.Log,
        })!;
        _pending = resources.PendingAlerts;
        _outboxes = resources.System.ActorOf(
            AlertOutboxes.Props(delivery, new AlertJournalTables(settings.Alerts.Journal, settings.DataDirectory)), "alert-outboxes");
        return FraudPipeline.Alert(context, _outboxes);
    }

    /// <summary>Once nothing is left to consume, digests no longer wait for others of their card.</summary>
    public bool IsDrained(MessageLogStatus status)
    {
        if (status.Of(Name, TopicNames.Predictions).Lag > 0)
            return false;
        if (_pending!.IsIdle)
            return true;
        _outboxes.Tell(new FlushDigests());
        return false;
    }

    public IEnumerable<(long Count, string What)> Left(MessageLogStatus status) =>
        [(status.Of(Name, TopicNames.Predictions).Lag, "predictions not looked at for alerts"), (_pending!.Waiting, "alerts not delivered")];

    public void OnStandby() => _pending?.Elsewhere();

    /// <summary>Deliveries in flight are finished and persisted; what has not begun stays in the journal.</summary>
    public Task CloseAsync(TimeSpan timeout) => _outboxes.Ask<OutboxesClosed>(new CloseOutboxes(), timeout);
}
