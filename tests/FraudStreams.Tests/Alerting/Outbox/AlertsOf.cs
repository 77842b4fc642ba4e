using System.Collections.Concurrent;
using System.Collections.Immutable;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;

namespace FraudStreams.Tests.Alerting.Outbox;

/// <summary>Alerts for tests, and a transport that does what the test says.</summary>
static class AlertsOf
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static readonly AlertTemplate Template =
        AlertTemplate.Parse("Subject: Fraud suspected: {transaction}\n\ntext of {transaction}", SchemaFile.Read("cards"), "the tests' template");

    public static Alert One(string id, string card = "4000") => new(
        id, id, 0.9, Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(card)), ImmutableSortedDictionary<string, string>.Empty.Add("transaction", id));

    public static ImmutableArray<Alert> Many(params IEnumerable<string> ids) => [.. ids.Select(id => One(id, $"card of {id}"))];

    public static ChannelSettings Channel(int parallel = 1, int? perMinute = null, int digest = 1, int cardWindowSeconds = 0) => new(
        parallel, perMinute, digest, TimeSpan.FromSeconds(cardWindowSeconds), new BackoffSettings(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)));

    /// <summary>The next message, or null and when to ask again.</summary>
    public static DeliveryScheduler.DeliveryAttempt? TryTake(this DeliveryScheduler scheduler, DateTimeOffset now, out DateTimeOffset? next) =>
        scheduler.MayTake(now, out next) ? scheduler.Take(now) : null;
}

/// <summary>Lets the test decide the outcome of each message, and keeps what was sent.</summary>
sealed class ScriptedTransport(Func<AlertMessage, Task<Delivery>> send) : IAlertTransport
{
    readonly ConcurrentQueue<string> _sent = new();

    public string Channel => "script";

    public TimeSpan Timeout => TimeSpan.FromSeconds(1);

    public string[] Sent => [.. _sent];

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var delivery = await send(message);
        foreach (var alert in message.Alerts)
            _sent.Enqueue(alert.TransactionId);
        return delivery;
    }

    public void Dispose()
    {
    }
}
