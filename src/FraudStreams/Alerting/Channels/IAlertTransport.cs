using System.Collections.Immutable;

namespace FraudStreams.Alerting.Channels;

/// <summary>Sends messages through one channel. Sending the same one again does no more harm than a second copy.</summary>
public interface IAlertTransport : IDisposable
{
    /// <summary>The destination, as topics and logs show it; without secrets.</summary>
    string Channel { get; }

    /// <summary>Upper bound for the duration of <see cref="SendAsync"/>.</summary>
    TimeSpan Timeout { get; }

    /// <summary>Completes when the receiver has accepted the message. Any number may be in flight at once.</summary>
    /// <exception cref="AlertDeliveryException">No recipient has it.</exception>
    Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken);
}

/// <summary>Outcome of a message that at least one recipient has, from this attempt or an earlier one.</summary>
/// <param name="Refusals">Recipients refused for good.</param>
/// <param name="Later">Recipients to try again later.</param>
public sealed record Delivery(ImmutableArray<Refusal> Refusals, ImmutableArray<Refusal> Later)
{
    public static readonly Delivery Complete = new([], []);
}

/// <param name="Recipient">The recipient that was not reached; empty for all of them.</param>
public sealed record Refusal(string Recipient, string Reason);

public enum DeliveryFault
{
    /// <summary>The server cannot be used now, for any message.</summary>
    Unavailable,

    /// <summary>The server does not take this message now; it may take others.</summary>
    Later,

    /// <summary>The server refuses this message for good.</summary>
    Refused,
}

/// <summary>A message was not delivered. The exception's message may be logged.</summary>
public sealed class AlertDeliveryException(DeliveryFault fault, string reason, Exception? cause = null) : Exception(reason, cause)
{
    public DeliveryFault Fault => fault;
}
