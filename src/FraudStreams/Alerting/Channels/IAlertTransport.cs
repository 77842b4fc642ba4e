using System.Collections.Immutable;

namespace FraudStreams.Alerting.Channels;

/// <summary>Brings messages to people. Sending the same one again does no more harm than a second copy of it.</summary>
public interface IAlertTransport : IDisposable
{
    /// <summary>Where messages go, for records and logs; without secrets.</summary>
    string Channel { get; }

    /// <summary>The longest that <see cref="SendAsync"/> may take.</summary>
    TimeSpan Timeout { get; }

    /// <summary>Completes when the message is where this host can bring it. Any number may be under way at once.</summary>
    /// <exception cref="AlertDeliveryException">Nobody has it.</exception>
    Task<Delivery> SendAsync(AlertMessage message, CancellationToken token);
}

/// <summary>What became of a message that at least somebody has, or that nobody will ever have.</summary>
/// <param name="Refusals">Recipients that the server refused for good.</param>
/// <param name="Later">Recipients that it asks to be tried again.</param>
public sealed record Delivery(ImmutableArray<Refusal> Refusals, ImmutableArray<Refusal> Later)
{
    public static readonly Delivery Complete = new([], []);
}

/// <param name="Recipient">Who was not reached; empty where that is all of them.</param>
public sealed record Refusal(string Recipient, string Reason);

public enum DeliveryFault
{
    /// <summary>The server cannot be used now: no other message could be sent either.</summary>
    Unavailable,

    /// <summary>The server does not want this message now; others it may.</summary>
    Later,

    /// <summary>The server will never take this message.</summary>
    Refused,
}

/// <summary>A message was not delivered; what it says is fit for a log.</summary>
public sealed class AlertDeliveryException(DeliveryFault fault, string reason, Exception? cause = null) : Exception(reason, cause)
{
    public DeliveryFault Fault => fault;
}
