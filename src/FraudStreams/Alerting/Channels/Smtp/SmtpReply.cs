namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>The step of an SMTP conversation that a reply, or a missing one, belongs to.</summary>
enum SmtpStep
{
    /// <summary>The session itself: greeting, TLS, authentication.</summary>
    Session,

    /// <summary>The sender (MAIL).</summary>
    Sender,

    /// <summary>One recipient (RCPT).</summary>
    Recipient,

    /// <summary>The message itself (DATA and what follows).</summary>
    Message,
}

/// <summary>A recipient that does not get a message, for now or for good.</summary>
/// <param name="Fault"><see cref="DeliveryFault.Unavailable"/> where any recipient would get this reply, unless another was accepted.</param>
sealed record RecipientFailure(DeliveryFault Fault, Refusal Refusal);

/// <summary>Maps SMTP reply codes (RFC 5321, 4954) to what to do next: 4xx is transient, 5xx permanent, for the step that was answered.</summary>
static class SmtpReply
{
    public static DeliveryFault FaultOf(SmtpStep step, int code) => (step, code) switch
    {
        // A fault of the session affects every message, and none of them is to be given up for it.
        (SmtpStep.Session, _) or (_, 530 or 534 or 535 or 538) => DeliveryFault.Unavailable,

        // Likewise the sender, which is the same in all of them; but 552 says that this message is too large.
        (SmtpStep.Sender, 552) => DeliveryFault.Refused,
        (SmtpStep.Sender, >= 500) => DeliveryFault.Unavailable,

        // The server shuts down. For a recipient it only means "not now": the same server may accept the others.
        (SmtpStep.Sender or SmtpStep.Message, 421 or 432 or 454) => DeliveryFault.Unavailable,

        // About commands, not addresses. 501 is not among them: it is also a reply to an address (5.1.3).
        (SmtpStep.Recipient, 500 or 502 or 503 or 504) => DeliveryFault.Unavailable,
        (_, >= 400 and < 500) => DeliveryFault.Later,
        (_, >= 500 and < 600) => DeliveryFault.Refused,
        _ => DeliveryFault.Unavailable,
    };

    /// <summary>The outcome of a message that some recipients did not get.</summary>
    /// <param name="failures">One per recipient.</param>
    /// <param name="othersHaveIt">Other recipients have it, from this attempt or an earlier one; else all of them failed.</param>
    /// <exception cref="AlertDeliveryException">No recipient has it.</exception>
    public static Delivery Of(IReadOnlyList<RecipientFailure> failures, bool othersHaveIt)
    {
        if (failures.Count == 0)
            return Delivery.Complete;
        if (othersHaveIt)
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
