using System.Net.Sockets;
using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace FraudStreams.Alerts;

/// <summary>
/// Sends each message to an SMTP server over a connection of its own: a kept connection would be closed by the server while there is
/// nothing to report, and the next alert would pay for it.
/// </summary>
public sealed class MailKitTransport(MailSettings settings, TimeProvider time) : IAlertTransport
{
    public string Channel { get; } = $"mail {settings.Host}:{settings.Port}";

    public TimeSpan Timeout => settings.Timeout;

    public void Dispose()
    {
    }

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        var to = message.To.IsEmpty ? settings.To : message.To;
        using var client = new RecipientsApart();
        try
        {
            // StartTls, not StartTlsWhenAvailable: a server that does not offer it is refused before a password is sent.
            await client.ConnectAsync(settings.Host, settings.Port, settings.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None, either.Token);
            if (settings.User.Length > 0)
                await client.AuthenticateAsync(settings.User, settings.Password.Reveal(), either.Token);
            using var mail = MailMime.Of(message, settings.From, to, time.GetUtcNow());
            await client.SendAsync(Format(client, to), mail, either.Token);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, $"no answer within {settings.Timeout.TotalSeconds:0.###} s", e);
        }
        catch (SmtpCommandException e) when (client.Failed.Count < to.Length)
        {
            throw new AlertDeliveryException(SmtpReply.FaultOf((int)e.StatusCode), AlertText.Line($"{(int)e.StatusCode} {e.Message}"), e);
        }
        catch (SmtpCommandException)
        {
            return SmtpReply.Of(client.Failed, to.Length);
        }
        catch (Exception e) when (e is ProtocolException or SslHandshakeException or AuthenticationException or SocketException or IOException
                                      or NotSupportedException)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, AlertText.Line(e.Message), e);
        }

        // The server has the message: whether it also says goodbye is nobody's concern.
        _ = client.DisconnectAsync(quit: false, CancellationToken.None);
        return SmtpReply.Of(client.Failed, to.Length);
    }

    /// <summary>Addresses beyond ASCII need a server that takes them (SMTPUTF8, RFC 6531); all else is sent in the form that every server takes.</summary>
    FormatOptions Format(SmtpClient client, IEnumerable<string> to)
    {
        var options = FormatOptions.Default.Clone();
        options.International = client.Capabilities.HasFlag(SmtpCapabilities.UTF8) && !to.Append(settings.From).All(address => Ascii.IsValid(address));
        return options;
    }

    /// <summary>Goes on with the other recipients where one is not accepted.</summary>
    sealed class RecipientsApart : SmtpClient
    {
        public List<(string Recipient, int Code, string Reply)> Failed { get; } = [];

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
            Failed.Add((mailbox.Address, (int)response.StatusCode, response.Response));
    }
}
