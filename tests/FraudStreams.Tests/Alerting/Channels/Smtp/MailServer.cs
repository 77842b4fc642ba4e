using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>A message as the server received it.</summary>
/// <param name="Shown">The message as Python's mail package shows it.</param>
sealed record ReceivedMail(ImmutableArray<string> To, string Content, bool OverTls, string? User, ShownMail Shown);

/// <summary>How a test's mail server answers. A reply may also be <see cref="HangUp"/> or <see cref="Silence"/>.</summary>
sealed record MailServerRules
{
    public const string HangUp = "hang up";
    public const string Silence = "silence";

    /// <summary>A folder with cert.pem and key.pem: STARTTLS is offered and required.</summary>
    public string? TlsFolder { get; init; }

    /// <summary>The user that may send; null allows anyone, and offers no AUTH.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Further extensions to offer, such as PIPELINING.</summary>
    public string[] Extensions { get; init; } = [];

    /// <summary>Offers SMTPUTF8.</summary>
    public bool TakesUtf8 { get; init; }

    /// <summary>Whether it closes the connection after a 421, as RFC 5321 says.</summary>
    public bool ClosesAfter421 { get; init; } = true;

    /// <summary>The reply to every sender; null accepts them.</summary>
    public string? Sender { get; init; }

    /// <summary>How many messages it takes over one connection …</summary>
    public int MailsPerConnection { get; init; } = int.MaxValue;

    /// <summary>… and its reply to the sender, or, where <see cref="IsBeyondAtRecipient"/>, to the recipient of one more.</summary>
    public string Beyond { get; init; } = "421 4.7.0 too many messages over this connection";

    public bool IsBeyondAtRecipient { get; init; }

    /// <summary>Replies to recipients that it does not accept.</summary>
    public Dictionary<string, string> Recipients { get; init; } = [];

    /// <summary>The reply to the command DATA; null asks for the message.</summary>
    public string? DataCommand { get; init; }

    /// <summary>Replies to the first messages, in order; later ones are accepted.</summary>
    public string[] Data { get; init; } = [];

    public string? Quit { get; init; }
}

/// <summary>A real SMTP server (aiosmtpd) in a process of its own, with TLS, authentication and scripted replies.</summary>
sealed class MailServer : IAsyncDisposable
{
    const string Program = ShownMail.Program + """

        import asyncio, base64, ssl
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
        rules = json.loads(sys.argv[2])
        def say(text):
            print(text, flush=True)
        def tell(what):
            say(json.dumps(what))
        class Moody(SMTP):
            def data_received(self, data):
                for line in data.decode("utf-8", "replace").splitlines():
                    verb = line[:4].upper()
                    if verb in ("EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT", "STAR", "AUTH"):
                        tell({"Command": line if verb != "AUTH" else verb})
                super().data_received(data)
            async def answer(self, reply):
                if reply == "hang up":
                    self.transport.close()
                if reply in ("hang up", "silence"):
                    await asyncio.Event().wait()
                return reply
            def is_beyond(self, session):
                return getattr(session, "mails", 0) >= rules["MailsPerConnection"]
            async def push(self, status):
                await super().push(status)
                if rules["ClosesAfter421"] and str(status).startswith("421"):
                    self.transport.close()
            async def smtp_DATA(self, arg):
                if rules["DataCommand"]:
                    await self.push(await self.answer(rules["DataCommand"]))
                else:
                    await super().smtp_DATA(arg)
        class Moods:
            async def handle_EHLO(self, server, session, envelope, hostname, responses):
                session.host_name = hostname
                return ["250-" + extension for extension in rules["Extensions"]] + responses
            async def handle_MAIL(self, server, session, envelope, address, options):
                if rules["Sender"]:
                    return await server.answer(rules["Sender"])
                if server.is_beyond(session) and not rules["IsBeyondAtRecipient"]:
                    return await server.answer(rules["Beyond"])
                envelope.mail_from = address
                return "250 OK"
            async def handle_RCPT(self, server, session, envelope, address, options):
                if server.is_beyond(session):
                    return await server.answer(rules["Beyond"])
                if address in rules["Recipients"]:
                    return await server.answer(rules["Recipients"][address])
                envelope.rcpt_tos.append(address)
                return "250 OK"
            async def handle_DATA(self, server, session, envelope):
                if rules["Data"]:
                    return await server.answer(rules["Data"].pop(0))
                session.mails = getattr(session, "mails", 0) + 1
                user = session.auth_data.login.decode() if session.auth_data else None
                tell({"To": envelope.rcpt_tos, "Content": base64.b64encode(envelope.content).decode(),
                      "OverTls": session.ssl is not None, "User": user, "Shown": shown(envelope.content)})
                return "250 kept"
            async def handle_QUIT(self, server, session, envelope):
                return await server.answer(rules["Quit"] or "221 Bye")
        def authenticate(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and data.login.decode() == rules["User"] and data.password.decode() == rules["Password"]
            return AuthResult(success=right, auth_data=data, handled=right)
        options = {"enable_SMTPUTF8": rules["TakesUtf8"]}
        if rules["TlsFolder"]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(rules["TlsFolder"] + "/cert.pem", rules["TlsFolder"] + "/key.pem")
            options |= {"tls_context": context, "require_starttls": True}
        if rules["User"]:
            options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": bool(rules["TlsFolder"])}
        class Host(Controller):
            def factory(self):
                return Moody(self.handler, **self.SMTP_kwargs)
        controller = Host(Moods(), hostname="127.0.0.1", port=int(sys.argv[1]), **options)
        controller.start()
        print("ready", flush=True)
        for line in sys.stdin:
            controller.loop.call_soon_threadsafe(say, line.strip())
        controller.stop()
        """;

    const string Mark = "all of this has been read: ";

    readonly Process _process;
    readonly List<ReceivedMail> _mails = [];
    readonly List<string> _commands = [];
    volatile bool _ready;
    volatile string _mark = "";

    MailServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public IReadOnlyList<ReceivedMail> Mails
    {
        get
        {
            lock (_mails)
                return [.. _mails];
        }
    }

    /// <summary>The clients' commands; of AUTH only the verb.</summary>
    public IReadOnlyList<string> Commands
    {
        get
        {
            lock (_mails)
                return [.. _commands];
        }
    }

    public static async Task<MailServer> StartAsync(MailServerRules? rules = null)
    {
        var port = SmtpServer.FreePort();
        var start = new ProcessStartInfo(SmtpServer.Python!, ["-c", Program, $"{port}", JsonSerializer.Serialize(rules ?? new MailServerRules())])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new MailServer(Process.Start(start)!, port);
        server._process.OutputDataReceived += server.OnLine;
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        await Eventually.TrueAsync(() => server._ready);
        return server;
    }

    /// <summary>Waits until what it has told so far, commands and mails, has come here: it tells a mail before it accepts it, and a pipe takes its time.</summary>
    public async Task AllReadAsync()
    {
        var mark = $"{Mark}{Guid.NewGuid():N}";
        await _process.StandardInput.WriteLineAsync(mark);
        await _process.StandardInput.FlushAsync();
        await Eventually.TrueAsync(() => _mark == mark);
    }

    /// <summary>
    /// A certificate (cert.pem, key.pem) and the CA to trust (authority.pem), as a company makes them for itself: without a revocation list.
    /// </summary>
    public static void MakeCertificate(string folder, string host = "localhost")
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Authority of a test", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddHours(12), [1]);
        File.WriteAllText(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "authority.pem"), authority.ExportCertificatePem());
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    void OnLine(object sender, DataReceivedEventArgs line)
    {
        if (line.Data == "ready")
            _ready = true;
        if (line.Data?.StartsWith(Mark, StringComparison.Ordinal) == true)
            _mark = line.Data;
        if (line.Data is not ['{', ..] json)
            return;
        lock (_mails)
        {
            if (JsonSerializer.Deserialize<Output>(json)!.Command is { } command)
                _commands.Add(command);
            else if (JsonSerializer.Deserialize<ReceivedMail>(json) is { } mail)
                _mails.Add(mail with { Content = Encoding.UTF8.GetString(Convert.FromBase64String(mail.Content)) });
        }
    }

    sealed record Output(string? Command);
}
