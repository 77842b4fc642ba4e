using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace FraudStreams.Alerts;

/// <summary>
/// Sends each alert to an SMTP server over a connection of its own: a kept connection would be closed by the server while there is
/// nothing to report, and the next alert would pay for it.
/// </summary>
public sealed class SmtpMailTransport(MailSettings settings, TimeProvider time) : IMailTransport
{
    public string Channel { get; } = $"mail {settings.Host}:{settings.Port}";

    public async Task SendAsync(Alert alert, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        try
        {
            // SmtpClient resolves and connects where it is called, and its own timeout is not one for asynchronous calls.
            await Task.Run(() => SendOneAsync(alert, either.Token), CancellationToken.None).WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new AlertDeliveryException(alert, Channel, $"no answer within {settings.Timeout.TotalSeconds:0.###} s", e);
        }
        catch (Exception e) when (e is SmtpException or IOException or SocketException or AuthenticationException or InvalidOperationException)
        {
            throw new AlertDeliveryException(alert, Channel, ReasonOf(e), e);
        }
    }

    async Task SendOneAsync(Alert alert, CancellationToken token)
    {
        using var message = new MailMessage
        {
            From = new MailAddress(settings.From),
            Subject = alert.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = alert.Body,
            BodyEncoding = Encoding.UTF8,
        };
        foreach (var to in settings.To)
            message.To.Add(new MailAddress(to));
        message.Headers.Add("Message-ID", alert.MessageId);
        message.Headers.Add("Auto-Submitted", "auto-generated");

        using var client = new SmtpClient(settings.Host, settings.Port) { EnableSsl = settings.StartTls };
        if (settings.User.Length > 0)
            client.Credentials = new NetworkCredential(settings.User, settings.Password.Reveal());
        await client.SendMailAsync(message, token);
    }

    /// <summary>The innermost cause says what happened ("Connection refused"); an answer of the server says it itself.</summary>
    static string ReasonOf(Exception failure)
    {
        var cause = failure;
        while (cause.InnerException is { } inner)
            cause = inner;
        var said = cause == failure ? failure.Message : $"{failure.Message} {cause.Message}";
        return AlertText.Line(said);
    }
}
