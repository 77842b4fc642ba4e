using System.Globalization;
using System.Text.Json;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Model.Drift;

namespace FraudStreams.Candidates;

/// <summary>Tells the alerts' webhook of a drift. Feature names and shares of payments, nothing of a single payment.</summary>
sealed class DriftWebhook(WebhookSettings settings, TimeProvider time) : IDisposable
{
    readonly WebhookClient _client = new(settings, time);

    /// <summary>The destination, without secrets.</summary>
    public string Channel => settings.ToString();

    public void Dispose() => _client.Dispose();

    /// <summary>Completes when the receiver has accepted it. Sent again it has the same id.</summary>
    /// <exception cref="AlertDeliveryException">The receiver has not accepted it.</exception>
    public Task SendAsync(DriftNotice notice, CancellationToken cancellationToken)
    {
        var alarm = notice.Alarm;
        return _client.PostAsync(
            notice.Id,
            JsonSerializer.SerializeToUtf8Bytes(new
            {
                type = "drift.confirmed",
                id = notice.Id,
                subject = string.Create(CultureInfo.InvariantCulture, $"Drift of {alarm.Name}: {alarm.What}"),
                drift = new
                {
                    feature = alarm.Name,
                    what = alarm.What,
                    effect = alarm.Effect,
                    since = alarm.Since,
                    confirmed_at = alarm.ConfirmedAt,
                    model_version = notice.Version,
                },
            }),
            cancellationToken);
    }
}
