namespace FraudStreams.Alerts;

/// <summary>What a reply code of a mail server (RFC 5321, 4954) means for what to do next.</summary>
static class SmtpReply
{
    /// <summary>
    /// 5xx is for good and 4xx for now, but for those that are about the session rather than the message: credentials, commands, a server that closes.
    /// </summary>
    public static DeliveryFault FaultOf(int code) => code switch
    {
        421 or 432 or 454 => DeliveryFault.Unavailable,
        >= 500 and <= 504 or 530 or 534 or 535 or 538 => DeliveryFault.Unavailable,
        >= 400 and < 500 => DeliveryFault.Later,
        >= 500 and < 600 => DeliveryFault.Refused,
        _ => DeliveryFault.Unavailable,
    };

    /// <summary>What comes of recipients that were not accepted, where <paramref name="all"/> were asked.</summary>
    /// <exception cref="AlertDeliveryException">None of them was accepted.</exception>
    public static Delivery Of(IReadOnlyCollection<(string Recipient, int Code, string Reply)> failed, int all)
    {
        if (failed.Count == 0)
            return Delivery.Complete;
        var later = failed.Where(f => FaultOf(f.Code) != DeliveryFault.Refused).ToArray();
        if (failed.Count < all)
        {
            return new Delivery(
                [.. failed.Except(later).Select(f => new Refusal(f.Recipient, $"{f.Code} {AlertText.Line(f.Reply)}"))],
                [.. later.Select(f => f.Recipient)]);
        }

        var first = later.Length > 0 ? later[0] : failed.First();
        var fault = later.Length == 0 ? DeliveryFault.Refused
            : later.Any(f => FaultOf(f.Code) == DeliveryFault.Unavailable) ? DeliveryFault.Unavailable : DeliveryFault.Later;
        throw new AlertDeliveryException(fault, AlertText.Line($"{first.Code} {first.Reply}"));
    }
}
