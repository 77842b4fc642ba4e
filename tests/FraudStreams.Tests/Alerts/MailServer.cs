using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.Tests.Alerts;

/// <summary>A message as the server has it.</summary>
sealed record ReceivedMail(ImmutableArray<string> To, string Content, bool OverTls, string? User);

/// <summary>What a mail server of a test does.</summary>
sealed record MailServerRules
{
    /// <summary>A folder with cert.pem and key.pem: STARTTLS is offered, and asked for before anything else.</summary>
    public string? TlsFolder { get; init; }

    /// <summary>Whom it lets send, with which password; null lets anyone.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Replies to recipients that it does not accept.</summary>
    public Dictionary<string, string> Recipients { get; init; } = [];

    /// <summary>Replies to the first messages, in order; what comes after is taken.</summary>
    public string[] Data { get; init; } = [];
}

/// <summary>A real SMTP server (aiosmtpd) in a process of its own, with TLS, authentication and moods.</summary>
sealed class MailServer : IAsyncDisposable
{
    const string Program = """
        import base64, functools, json, ssl, sys
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
        rules = json.loads(sys.argv[2])
        class Moods:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address in rules["Recipients"]:
                    return rules["Recipients"][address]
                envelope.rcpt_tos.append(address)
                return "250 OK"
            async def handle_DATA(self, server, session, envelope):
                if rules["Data"]:
                    return rules["Data"].pop(0)
                user = session.auth_data.login.decode() if session.auth_data else None
                print(json.dumps({"To": envelope.rcpt_tos, "Content": base64.b64encode(envelope.content).decode(),
                                  "OverTls": session.ssl is not None, "User": user}), flush=True)
                return "250 kept"
        # Names of mechanisms mean the same in small letters (RFC 4954), in which .NET's client sends them.
        strict = SMTP.smtp_AUTH
        @functools.wraps(strict)
        async def lenient(self, arg):
            name, _, rest = (arg or "").partition(" ")
            return await strict(self, (name.upper() + " " + rest).strip())
        SMTP.smtp_AUTH = lenient
        def authenticate(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and data.login.decode() == rules["User"] and data.password.decode() == rules["Password"]
            return AuthResult(success=right, auth_data=data, handled=right)
        options = {}
        if rules["TlsFolder"]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(rules["TlsFolder"] + "/cert.pem", rules["TlsFolder"] + "/key.pem")
            options = {"tls_context": context, "require_starttls": True}
        if rules["User"]:
            options |= {"authenticator": authenticate, "auth_required": True}
        controller = Controller(Moods(), hostname="127.0.0.1", port=int(sys.argv[1]), **options)
        controller.start()
        print("ready", flush=True)
        sys.stdin.read()
        controller.stop()
        """;

    readonly Process _process;
    readonly List<ReceivedMail> _mails = [];
    volatile bool _ready;

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

    /// <summary>A certificate for 127.0.0.1 and localhost that is its own authority, as cert.pem and key.pem in the folder.</summary>
    public static void MakeCertificate(string folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
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
        if (line.Data is not ['{', ..] json)
            return;
        var mail = JsonSerializer.Deserialize<ReceivedMail>(json)!;
        lock (_mails)
            _mails.Add(mail with { Content = Encoding.UTF8.GetString(Convert.FromBase64String(mail.Content)) });
    }
}
