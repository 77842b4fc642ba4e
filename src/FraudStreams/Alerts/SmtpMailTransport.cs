using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace FraudStreams.Alerts;

/// <summary>
/// Sends each message to an SMTP server over a connection of its own: a kept connection would be closed by the server while there is
/// nothing to report, and the next alert would pay for it.
/// </summary>
public sealed class SmtpMailTransport(MailSettings settings, TimeProvider time) : IAlertTransport
{
    /// <summary>The client's own limit, in milliseconds: past ours, for a send that began when it was already over.</summary>
    int LongestSend => (int)Math.Min(2 * settings.Timeout.TotalMilliseconds, int.MaxValue);

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
        try
        {
            // SmtpClient's asynchronous calls hold threads of the pool while they wait for the server.
            await WaitingThread.RunAsync(() => Send(message, to, either.Token)).WaitAsync(either.Token);
            return Delivery.Complete;
        }
        catch (SmtpFailedRecipientsException e)
        {
            return SmtpReply.Of([.. e.InnerExceptions.Select(Failed)], to.Length);
        }
        catch (SmtpFailedRecipientException e)
        {
            return SmtpReply.Of([Failed(e)], to.Length);
        }
        catch (Exception e) when (limit.IsCancellationRequested && !token.IsCancellationRequested)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, $"no answer within {settings.Timeout.TotalSeconds:0.###} s", e);
        }
        catch (SmtpException e)
        {
            throw new AlertDeliveryException(FaultOf(e), ReasonOf(e), e);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or InvalidOperationException)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, ReasonOf(e), e);
        }
    }

    void Send(AlertMessage alert, IEnumerable<string> to, CancellationToken token)
    {
        using var message = new MailMessage
        {
            From = new MailAddress(settings.From),
            Subject = alert.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = alert.Text,
            BodyEncoding = Encoding.UTF8,
        };
        message.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(alert.Html, Encoding.UTF8, MediaTypeNames.Text.Html));
        foreach (var recipient in to)
            message.To.Add(new MailAddress(recipient));
        message.Headers.Add("Message-ID", alert.MessageId);
        message.Headers.Add("Auto-Submitted", "auto-generated");

        // With EnableSsl the client refuses a server that does not offer STARTTLS, before it says who it is.
        using var client = new SmtpClient(settings.Host, settings.Port) { EnableSsl = settings.StartTls, Timeout = LongestSend };
        if (settings.User.Length > 0)
            client.Credentials = new NetworkCredential(settings.User, settings.Password.Reveal());

        using var end = token.UnsafeRegister(static client => BreakOff((SmtpClient)client!), client);
        client.Send(message);
    }

    /// <summary>Whatever the client waits for, but for a name that is being looked up, ends when it is disposed of.</summary>
    static void BreakOff(SmtpClient client)
    {
        try
        {
            client.Dispose();
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            // It was just ending by itself.
        }
    }

    static (string Recipient, int Code, string Reply) Failed(SmtpFailedRecipientException failed) =>
        (failed.FailedRecipient?.Trim('<', '>') ?? "", (int)failed.StatusCode, failed.Message);

    /// <summary>A code is the server's word only where nothing below it failed.</summary>
    static DeliveryFault FaultOf(SmtpException failure) =>
        failure.InnerException is null ? SmtpReply.FaultOf((int)failure.StatusCode) : DeliveryFault.Unavailable;

    /// <summary>The innermost cause says what happened ("Connection refused"); an answer of the server says it itself.</summary>
    static string ReasonOf(Exception failure)
    {
        var cause = failure.GetBaseException();
        return AlertText.Line(cause == failure ? failure.Message : $"{failure.Message} {cause.Message}");
    }
}
