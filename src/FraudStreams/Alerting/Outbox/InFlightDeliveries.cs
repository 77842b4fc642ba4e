using System.Collections.Concurrent;
using System.Diagnostics;
using FraudStreams.Alerting.Channels;
using FraudStreams.Diagnostics;

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
        var task = StreamTraces.IsOn ? SendTracedAsync(channel, transport, message) : transport.SendAsync(message, CancellationToken.None);
        foreach (var alert in message.Alerts)
            _tasks[(channel, alert.TransactionId)] = task;
        return task;
    }

    /// <summary>One alert's span is in its trace; that of a digest begins its own, and links to all of them.</summary>
    static async Task<Delivery> SendTracedAsync(string channel, IAlertTransport transport, AlertMessage message)
    {
        var contexts = message.Alerts.Select(alert => (IsTraced: StreamTraces.TryParse(alert.TraceParent, out var context), Context: context))
            .Where(alert => alert.IsTraced).Select(alert => alert.Context).ToList();
        var isOne = message.Alerts.Length == 1;
        using var span = contexts.Count == 0 ? null : StreamTraces.Start(StreamTraces.Send, channel, parent: isOne ? contexts[0] : default);
        foreach (var context in isOne ? [] : contexts)
            span?.AddLink(new ActivityLink(context));

        // HTTP clients hand the current one on.
        Activity.Current = span;
        try
        {
            return await transport.SendAsync(message, CancellationToken.None);
        }
        catch
        {
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }

    public Task<Delivery>? Find(string channel, Alert alert) => _tasks.GetValueOrDefault((channel, alert.TransactionId));

    /// <summary>The outcome is persisted, or the attempt failed: the alert may be sent again.</summary>
    public void Forget(string channel, Alert alert) => _tasks.TryRemove((channel, alert.TransactionId), out _);
}
