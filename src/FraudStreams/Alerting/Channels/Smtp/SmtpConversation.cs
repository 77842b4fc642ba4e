using System.Collections.Immutable;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Smtp;

/// <summary>One connection for one message, which knows how far it has come and what the server said of each recipient.</summary>
sealed class SmtpConversation : SmtpClient
{
    const int ClosingDown = 421;
    const int AuthenticationRequired = 530;

    readonly List<RecipientFailure> _failures = [];
    ImmutableArray<MailboxAddress> _to = [];
    int _answered;
    bool _isOpen;
    bool _hasSender;
    bool _acceptsNobody;
    bool _closesDown;

    public SmtpConversation()
    {
        // Whoever sends sets one limit for all of it. MailKit's own of two minutes would cut that short while it connects.
        Timeout = System.Threading.Timeout.Infinite;

        // Lists of revoked certificates would be fetched from a third server, by a thread of the pool that waits for it; and a company's own authority,
        // which has none, would be refused.
        CheckCertificateRevocation = false;
    }

    /// <summary>Recipients who do not get the message, in the order of the answers.</summary>
    public IReadOnlyList<RecipientFailure> Failures => _failures;

    public SmtpStep Step => !_isOpen ? SmtpStep.Session : !_hasSender ? SmtpStep.Sender : Asked is null ? SmtpStep.Message : SmtpStep.Recipient;

    /// <summary>Addresses beyond ASCII can be told to this server (RFC 6531, which wants both).</summary>
    public bool TakesUtf8 => Capabilities.HasFlag(SmtpCapabilities.UTF8 | SmtpCapabilities.EightBitMime);

    /// <summary>The recipient whom the server is being asked about.</summary>
    MailboxAddress? Asked => _hasSender && _answered < _to.Length ? _to[_answered] : null;

    public async Task OpenAsync(MailSettings settings, CancellationToken token)
    {
        // StartTls, not StartTlsWhenAvailable: a server that does not offer it is refused before a password is sent.
        await ConnectAsync(settings.Host, settings.Port, settings.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None, token);
        if (settings.User.Length > 0)
            await AuthenticateAsync(settings.User, settings.Password.Reveal(), token);
        _isOpen = true;
    }

    /// <summary>
    /// Sends it to whom the server accepts. False: it has not gone out, and the reason is with at least one of the recipients; for the others it may
    /// be tried again on another connection.
    /// </summary>
    public async Task<bool> TrySendAsync(MimeMessage mail, MailboxAddress from, ImmutableArray<MailboxAddress> to, CancellationToken token)
    {
        _to = to;
        var needsUtf8 = MailMime.NeedUtf8(to.Add(from));

        // One recipient at a time, so that it is known whom the server hung up on. And where no address needs SMTPUTF8, MailKit is not to use it: it writes
        // domains in their ASCII form then, which every server on the way takes.
        Capabilities &= ~(needsUtf8 ? SmtpCapabilities.Pipelining : SmtpCapabilities.Pipelining | SmtpCapabilities.UTF8);
        try
        {
            await SendAsync(MailMime.Format(needsUtf8), mail, from, to, token);
            return true;
        }
        catch (SmtpCommandException) when (_acceptsNobody)
        {
            return false;
        }
        catch (ServiceNotAuthenticatedException e) when (Asked is { } asked)
        {
            // MailKit ends here; to the server it was a reply about this recipient like any other.
            Fail(asked, AuthenticationRequired, e.Message);
            return false;
        }
        catch (Exception e) when (e is ProtocolException or IOException && (_closesDown || Asked is not null))
        {
            // It hung up, on whom it had said 421 of, or else on the one that it was asked about.
            if (!_closesDown)
                _failures.Add(new RecipientFailure(DeliveryFault.Later, new Refusal(Asked!.Address, AlertText.Line(e.Message))));
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

    protected override void OnNoRecipientsAccepted(MimeMessage message) => _acceptsNobody = true;

    void Fail(MailboxAddress recipient, int code, string reply)
    {
        _closesDown |= code == ClosingDown;
        _failures.Add(new RecipientFailure(SmtpReply.FaultOf(SmtpStep.Recipient, code), new Refusal(recipient.Address, AlertText.Line($"{code} {reply}"))));
    }
}
