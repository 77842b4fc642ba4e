using System.Collections.Immutable;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>
/// Sends each message to an SMTP server over a connection that has just delivered another, or else over a new one. A server may end a connection between two
/// messages, and may limit how many it takes over one: where it has not taken the sender, or ends the connection before the message, a new one decides.
/// </summary>
public sealed class MailKitTransport(MailSettings settings, AlertTemplate template, TimeProvider time) : IAlertTransport
{
    /// <summary>MailKit's text before the cause; it is so long that a log line would have no room remaining for the cause.</summary>
    static readonly string[] TlsPreambles =
        [new SslHandshakeException().Message, "The server's SSL certificate could not be validated for the following reasons:"];

    readonly MailboxAddress _from = MailboxAddress.Parse(settings.From);
    readonly SmtpConnections _connections = new(time);

    public string Channel { get; } = $"mail {settings.Host}:{settings.Port}";

    public TimeSpan Timeout => settings.Timeout;

    public void Dispose() => _connections.Dispose();

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var failures = new List<RecipientFailure>();
        var remaining = MailMime.Recipients(message.To.IsEmpty ? settings.To : message.To);
        var isSent = false;
        while (!isSent && !remaining.IsEmpty)
        {
            var isKept = _connections.TryTake(out var kept);
            var smtp = kept ?? new SmtpConversation();
            var isGoodForMore = false;
            try
            {
                if (!isKept)
                    await smtp.OpenAsync(settings, linked.Token);
                if (!smtp.SupportsUtf8)
                    remaining = WithoutUtf8(remaining, failures);
                using var mail = MailMime.Of(message, template, _from, remaining, time.GetUtcNow());
                isSent = !remaining.IsEmpty && await smtp.TrySendAsync(mail, _from, remaining, linked.Token);
                if (isKept && !isSent && smtp.IsEnded)
                    continue;
                failures.AddRange(smtp.Failures);
                remaining = remaining.RemoveAll(mailbox => smtp.Failures.Any(failure => failure.Refusal.Recipient == mailbox.Address));
                isGoodForMore = isSent && !smtp.IsEnded;

                // QUIT only keeps the server's log clean: the message has been accepted, or not, by now.
                if (!isGoodForMore)
                    await smtp.DisconnectAsync(quit: true, linked.Token);
            }
            catch (Exception e) when (isKept && smtp.Step == SmtpStep.Sender && !linked.IsCancellationRequested && e is not AlertDeliveryException)
            {
                // Over another connection.
            }
            catch (SmtpCommandException e)
            {
                throw Failure(SmtpReply.FaultOf(smtp.Step, (int)e.StatusCode), $"{(int)e.StatusCode} {e.Message}", e);
            }
            catch (ServiceNotAuthenticatedException e)
            {
                throw Failure(DeliveryFault.Unavailable, $"{(int)SmtpStatusCode.AuthenticationRequired} {e.Message}", e);
            }
            catch (Exception e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Failure(FaultAt(smtp.Step), $"no answer within {settings.Timeout.TotalSeconds:0.###} s", e);
            }
            catch (Exception e) when (e is ProtocolException or IOException or SocketException or SslHandshakeException or AuthenticationException
                                          or NotSupportedException or ServiceNotConnectedException)
            {
                throw Failure(FaultAt(smtp.Step), ReasonOf(e), e);
            }
            finally
            {
                if (isGoodForMore)
                    _connections.Keep(smtp);
                else
                    smtp.Dispose();
            }
        }

        return SmtpReply.Of(failures, othersHaveIt: isSent || !message.To.IsEmpty);
    }

    /// <summary>
    /// A server without SMTPUTF8 takes no local part beyond ASCII. For a recipient that is permanent, so it counts as refused; a sender with one blocks
    /// every message, so the server counts as unavailable and no message is given up for it.
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

    /// <summary>A connection may break at DATA because of that message alone: it is tried later, so that it does not block the others for ever.</summary>
    static DeliveryFault FaultAt(SmtpStep step) => step == SmtpStep.Message ? DeliveryFault.Later : DeliveryFault.Unavailable;

    static string ReasonOf(Exception failure) => failure is SslHandshakeException
        ? $"TLS: {TlsPreambles.Aggregate(failure.Message, (text, preamble) => text.Replace(preamble, "", StringComparison.Ordinal))}"
        : failure.Message;

    static AlertDeliveryException Failure(DeliveryFault fault, string reason, Exception? cause = null) =>
        new(fault, AlertText.Line(string.Join(' ', reason.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))), cause);
}
