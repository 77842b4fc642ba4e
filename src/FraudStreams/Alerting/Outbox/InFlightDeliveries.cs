using System.Collections.Concurrent;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Messages that this process has in flight, or sent without their outcome being persisted yet. Outlives an outbox whose journal failed, so that the
/// partition's next outbox does not send them again; it is lost only with the process.
/// </summary>
sealed class InFlightDeliveries
{
    readonly ConcurrentDictionary<(string Channel, string Alert), Task<Delivery>> _tasks = [];

    public Task<Delivery> Start(string channel, IAlertTransport transport, AlertMessage message)
    {
        var task = transport.SendAsync(message, CancellationToken.None);
        foreach (var alert in message.Alerts)
            _tasks[(channel, alert.TransactionId)] = task;
        return task;
    }

    public Task<Delivery>? Find(string channel, Alert alert) => _tasks.GetValueOrDefault((channel, alert.TransactionId));

    /// <summary>The outcome is persisted, or the attempt failed: the alert may be sent again.</summary>
    public void Forget(string channel, Alert alert) => _tasks.TryRemove((channel, alert.TransactionId), out _);
}
