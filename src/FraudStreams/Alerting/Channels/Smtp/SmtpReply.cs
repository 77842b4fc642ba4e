namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>What a mail server had been asked for when it answered, or did not.</summary>
enum SmtpStep
{
    /// <summary>To talk at all: its greeting, TLS, the password.</summary>
    Session,

    /// <summary>To take a message of this sender (MAIL).</summary>
    Sender,

    /// <summary>To take it for one recipient (RCPT).</summary>
    Recipient,

    /// <summary>To take the message itself (DATA and what follows).</summary>
    Message,
}

/// <summary>Who does not get a message, for now or for good.</summary>
/// <param name="Fault"><see cref="DeliveryFault.Unavailable"/> where it would be said of any recipient, unless another was accepted.</param>
sealed record RecipientFailure(DeliveryFault Fault, Refusal Refusal);

/// <summary>What a reply code of a mail server (RFC 5321, 4954) means for what to do next: 4xx is for now, 5xx for good, of what it was asked.</summary>
static class SmtpReply
{
    public static DeliveryFault FaultOf(SmtpStep step, int code) => (step, code) switch
    {
        // What it has against the connection it has against every message, and none of them is to be set aside for it.
        (SmtpStep.Session, _) or (_, 530 or 534 or 535 or 538) => DeliveryFault.Unavailable,

        // Likewise the sender, who is the same in all of them; but here it may say that this one is too large.
        (SmtpStep.Sender, 552) => DeliveryFault.Refused,
        (SmtpStep.Sender, >= 500) => DeliveryFault.Unavailable,

        // A server that closes down. Of a recipient it is no more than "not now": the others may be accepted by the same server.
        (SmtpStep.Sender or SmtpStep.Message, 421 or 432 or 454) => DeliveryFault.Unavailable,

        // About commands, not addresses. 501 is not among them: it is also said of an address (5.1.3).
        (SmtpStep.Recipient, 500 or 502 or 503 or 504) => DeliveryFault.Unavailable,
        (_, >= 400 and < 500) => DeliveryFault.Later,
        (_, >= 500 and < 600) => DeliveryFault.Refused,
        _ => DeliveryFault.Unavailable,
    };

    /// <summary>What comes of a message that these do not get.</summary>
    /// <param name="failures">Each recipient once.</param>
    /// <param name="someHaveIt">Others have it, from now or from before; else all that there are have failed.</param>
    /// <exception cref="AlertDeliveryException">Nobody has it.</exception>
    public static Delivery Of(IReadOnlyList<RecipientFailure> failures, bool someHaveIt)
    {
        if (failures.Count == 0)
            return Delivery.Complete;
        if (someHaveIt)
        {
            var later = failures.Where(failure => failure.Fault == DeliveryFault.Later).ToArray();
            return new Delivery([.. failures.Except(later).Select(failure => failure.Refusal)], [.. later.Select(failure => failure.Refusal)]);
        }

        var first = failures.FirstOrDefault(failure => failure.Fault == DeliveryFault.Later)
            ?? failures.FirstOrDefault(failure => failure.Fault == DeliveryFault.Unavailable)
            ?? failures[0];
        throw new AlertDeliveryException(first.Fault, first.Refusal.Reason);
    }
}
