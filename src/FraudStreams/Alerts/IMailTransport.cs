namespace FraudStreams.Alerts;

/// <summary>Brings one alert to people. Sending the same alert again does no more harm than a second copy of it.</summary>
public interface IMailTransport
{
    /// <summary>Where alerts go, for records and messages; without secrets.</summary>
    string Channel { get; }

    /// <summary>Completes when the alert is delivered as far as this host can see. Any number may be under way at once.</summary>
    /// <exception cref="AlertDeliveryException">It was not delivered; the message names the transaction, the channel and the reason.</exception>
    Task SendAsync(Alert alert, CancellationToken token);
}

public sealed class AlertDeliveryException(Alert alert, string channel, string reason, Exception cause)
    : Exception($"the alert for transaction {AlertText.Line(alert.TransactionId)} was not delivered to {channel}: {reason}", cause);
