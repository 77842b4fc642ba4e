using System.Collections.Immutable;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>
/// One connection for one message after the other; keeps the current step of the message and the server's replies to each of its recipients.
/// </summary>
sealed class SmtpConversation : SmtpClient
{
    const int ServiceNotAvailable = 421;
    const int AuthenticationRequired = 530;

    readonly List<RecipientFailure> _failures = [];
    ImmutableArray<MailboxAddress> _to = [];
    SmtpCapabilities _offered;
    int _answered;
    bool _isOpen;
    bool _hasSender;
    bool _acceptsNone;
    bool _shutsDown;
    bool _hungUp;

    public SmtpConversation()
    {
        // The caller sets one limit for the whole conversation. MailKit's own of two minutes would cut the connect short.
        Timeout = System.Threading.Timeout.Infinite;

        // Revocation lists would be fetched from a third server while a thread of the pool blocks; and a company's own CA, which has none, would be
        // refused.
        CheckCertificateRevocation = false;
    }

    /// <summary>Recipients that do not get the message, in the order of the replies.</summary>
    public IReadOnlyList<RecipientFailure> Failures => _failures;

    public SmtpStep Step => !_isOpen ? SmtpStep.Session : !_hasSender ? SmtpStep.Sender : Pending is null ? SmtpStep.Message : SmtpStep.Recipient;

    /// <summary>The server takes addresses beyond ASCII (RFC 6531 requires both extensions).</summary>
    public bool SupportsUtf8 => _offered.HasFlag(SmtpCapabilities.UTF8 | SmtpCapabilities.EightBitMime);

    /// <summary>The server has ended the connection, or said so, before it was given the message.</summary>
    public bool IsEnded => _shutsDown || _hungUp;

    /// <summary>The recipient whose reply is outstanding.</summary>
    MailboxAddress? Pending => _hasSender && _answered < _to.Length ? _to[_answered] : null;

    public async Task OpenAsync(MailSettings settings, CancellationToken cancellationToken)
    {
        // StartTls, not StartTlsWhenAvailable: without it the conversation ends before a password is sent.
        await ConnectAsync(settings.Host, settings.Port, settings.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None, cancellationToken);
        if (settings.User.Length > 0)
            await AuthenticateAsync(settings.User, settings.Password.Reveal(), cancellationToken);
        (_isOpen, _offered) = (true, Capabilities);
    }

    /// <summary>
    /// Sends the message to the recipients that the server accepts. False: it was not sent, because of at least one recipient; the others may be tried
    /// on another connection.
    /// </summary>
    public async Task<bool> TrySendAsync(MimeMessage mail, MailboxAddress from, ImmutableArray<MailboxAddress> to, CancellationToken cancellationToken)
    {
        _failures.Clear();
        (_to, _answered, _hasSender, _acceptsNone, _shutsDown, _hungUp) = (to, 0, false, false, false, false);
        var needsUtf8 = MailMime.NeedUtf8(to.Add(from));

        // Without pipelining it is known at which recipient the server hung up. And where no address needs SMTPUTF8, MailKit is not to use it: it then
        // writes domains in their ASCII form, which every server on the way takes.
        Capabilities = _offered & ~(needsUtf8 ? SmtpCapabilities.Pipelining : SmtpCapabilities.Pipelining | SmtpCapabilities.UTF8);
        try
        {
            await SendAsync(MailMime.Format(needsUtf8), mail, from, to, cancellationToken);
            return true;
        }
        catch (SmtpCommandException) when (_acceptsNone)
        {
            return false;
        }
        catch (ServiceNotAuthenticatedException e) when (Pending is { } pending)
        {
            // MailKit throws here; for the server it was a reply about this recipient like any other.
            Fail(pending, AuthenticationRequired, e.Message);
            return false;
        }
        catch (Exception e) when (e is ProtocolException or IOException && (_shutsDown || Pending is not null))
        {
            // The server hung up: at the recipient that it answered with 421, or else at the one whose reply is outstanding.
            _hungUp = true;
            if (!_shutsDown)
                _failures.Add(new RecipientFailure(DeliveryFault.Later, new Refusal(Pending!.Address, AlertText.Line(e.Message))));
            return false;
        }
    }

    protected override void OnSenderAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => _hasSender = true;

    protected override void OnRecipientAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => _answered++;

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
    {
        _answered++;
        Fail(mailbox, (int)response.StatusCode, response.Response);
    }

    protected override void OnNoRecipientsAccepted(MimeMessage message) => _acceptsNone = true;

    void Fail(MailboxAddress recipient, int code, string reply)
    {
        _shutsDown |= code == ServiceNotAvailable;
        _failures.Add(new RecipientFailure(SmtpReply.FaultOf(SmtpStep.Recipient, code), new Refusal(recipient.Address, AlertText.Line($"{code} {reply}"))));
    }
}
