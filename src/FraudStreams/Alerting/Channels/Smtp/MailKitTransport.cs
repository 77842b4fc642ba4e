using System.Collections.Immutable;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>
/// Sends each message to an SMTP server over a connection of its own: a kept connection would be closed by the server while there is
/// nothing to report, and the next alert would pay for it.
/// </summary>
public sealed class MailKitTransport(MailSettings settings, TimeProvider time) : IAlertTransport
{
    /// <summary>What MailKit says before the cause, at a length that would leave no room for it.</summary>
    static readonly string[] TlsPreambles =
        [new SslHandshakeException().Message, "The server's SSL certificate could not be validated for the following reasons:"];

    readonly MailboxAddress _from = MailboxAddress.Parse(settings.From);

    public string Channel { get; } = $"mail {settings.Host}:{settings.Port}";

    public TimeSpan Timeout => settings.Timeout;

    public void Dispose()
    {
    }

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        var failures = new List<RecipientFailure>();
        var left = MailMime.Recipients(message.To.IsEmpty ? settings.To : message.To);
        var isSent = false;
        while (!isSent && !left.IsEmpty)
        {
            using var smtp = new SmtpConversation();
            try
            {
                await smtp.OpenAsync(settings, either.Token);
                if (!smtp.TakesUtf8)
                    left = WithoutUtf8(left, failures);
                using var mail = MailMime.Of(message, _from, left, time.GetUtcNow());
                isSent = !left.IsEmpty && await smtp.TrySendAsync(mail, _from, left, either.Token);

                // Said for the sake of the server's log: whatever comes of it, the message is there, or is not.
                await smtp.DisconnectAsync(quit: true, either.Token);
            }
            catch (SmtpCommandException e)
            {
                throw Failure(SmtpReply.FaultOf(smtp.Step, (int)e.StatusCode), $"{(int)e.StatusCode} {e.Message}", e);
            }
            catch (ServiceNotAuthenticatedException e)
            {
                throw Failure(DeliveryFault.Unavailable, $"{(int)SmtpStatusCode.AuthenticationRequired} {e.Message}", e);
            }
            catch (Exception e) when (limit.IsCancellationRequested && !token.IsCancellationRequested)
            {
                throw Failure(FaultAt(smtp.Step), $"no answer within {settings.Timeout.TotalSeconds:0.###} s", e);
            }
            catch (Exception e) when (e is ProtocolException or IOException or SocketException or SslHandshakeException or AuthenticationException
                                          or NotSupportedException or ServiceNotConnectedException)
            {
                throw Failure(FaultAt(smtp.Step), ReasonOf(e), e);
            }

            failures.AddRange(smtp.Failures);
            left = left.RemoveAll(mailbox => smtp.Failures.Any(failure => failure.Refusal.Recipient == mailbox.Address));
        }

        return SmtpReply.Of(failures, someHaveIt: isSent || !message.To.IsEmpty);
    }

    /// <summary>
    /// A server without SMTPUTF8 cannot be told of a name beyond ASCII. To a recipient with one it would say no for good, and so that is what it is here;
    /// a sender with one keeps every message from going out, and none of them is to be set aside for that.
    /// </summary>
    ImmutableArray<MailboxAddress> WithoutUtf8(ImmutableArray<MailboxAddress> to, List<RecipientFailure> failures)
    {
        const string reason = "needs SMTPUTF8, which the server does not offer";
        if (MailMime.NeedUtf8([_from]))
            throw Failure(DeliveryFault.Unavailable, $"the sender {_from.Address} {reason}");
        failures.AddRange(to.Where(mailbox => MailMime.NeedUtf8([mailbox]))
            .Select(mailbox => new RecipientFailure(DeliveryFault.Refused, new Refusal(mailbox.Address, $"the address {reason}"))));
        return to.RemoveAll(mailbox => MailMime.NeedUtf8([mailbox]));
    }

    /// <summary>Where it ends without a word over the message itself, it may be that message alone: the others are not to wait behind it for ever.</summary>
    static DeliveryFault FaultAt(SmtpStep step) => step == SmtpStep.Message ? DeliveryFault.Later : DeliveryFault.Unavailable;

    static string ReasonOf(Exception failure) => failure is SslHandshakeException
        ? $"TLS: {TlsPreambles.Aggregate(failure.Message, (text, preamble) => text.Replace(preamble, "", StringComparison.Ordinal))}"
        : failure.Message;

    static AlertDeliveryException Failure(DeliveryFault fault, string reason, Exception? cause = null) =>
        new(fault, AlertText.Line(string.Join(' ', reason.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))), cause);
}
