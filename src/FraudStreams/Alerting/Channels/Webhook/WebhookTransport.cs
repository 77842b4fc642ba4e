using System.Text.Json;

namespace FraudStreams.Alerting.Channels.Webhook;

/// <summary>Posts each message as JSON. The id is the message's name, the same for every attempt, so that the receiver can detect a second copy.</summary>
public sealed class WebhookTransport(WebhookSettings settings, AlertTemplate template, TimeProvider time) : IAlertTransport
{
    readonly WebhookClient _client = new(settings, time);

    public string Channel => settings.ToString();

    public TimeSpan Timeout => settings.Timeout;

    public void Dispose() => _client.Dispose();

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        await _client.PostAsync(message.Name, Body(message), cancellationToken);
        return Delivery.Complete;
    }

    internal byte[] Body(AlertMessage message) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        type = "fraud.suspected",
        id = message.Name,
        subject = template.Subject(message),
        alerts = message.Alerts.Select(alert => new
        {
            transaction = alert.ShownId ?? alert.TransactionId,
            score = alert.Score,
            subject = template.Subject(alert),
            text = template.Text(alert),
            values = alert.Values,
            reasons = alert.Reasons,
        }),
    });
}
