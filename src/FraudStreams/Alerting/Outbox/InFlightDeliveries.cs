using System.Collections.Concurrent;
using FraudStreams.Alerting.Channels;

namespace FraudStreams.Alerting.Outbox;

/// <summary>
/// Messages that this process has under way, or sent and not yet noted in the journal. It outlives a desk whose journal failed, so that the next
/// desk of the partition does not send them again: only the death of the process forgets it.
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

    /// <summary>The outcome is noted, or there was none: it may be sent anew.</summary>
    public void Forget(string channel, Alert alert) => _tasks.TryRemove((channel, alert.TransactionId), out _);
}
