using System.Net;
using System.Net.Sockets;
using System.Text;
using FraudStreams.Alerting.Channels;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>The session with a server: greeting, TLS, authentication, timeouts.</summary>
[Trait("Needs", "aiosmtpd")]
[Trait("Category", "Integration")]
public sealed class MailConnectionTests
{
    [Theory]
    [InlineData("554 5.7.1 no mail from here\r\n", "554 5.7.1 no mail from here")]
    [InlineData("421 4.3.2 too busy\r\n", "421 4.3.2 too busy")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "Unable to parse status code returned by the server.")]
    [InlineData("", "The SMTP server has unexpectedly disconnected.")]
    public async Task A_server_that_rejects_the_connection_is_unavailable(string greeting, string reason)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = TestMail.SendAsync(TestMail.PortOf(listener));
        using (var connection = await listener.AcceptTcpClientAsync())
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(greeting));

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => sending);

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe(reason);
    }

    [SmtpFact]
    public async Task A_server_without_the_required_STARTTLS_gets_nothing()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { User = "robot", Password = TestMail.Password });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, tls: true, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldContain("STARTTLS");
        failure.ToString().ShouldNotContain(TestMail.Password);
        await server.AllReadAsync();
        server.Commands.ShouldHaveSingleItem().ShouldStartWith("EHLO");
    }

    [SmtpFact]
    public async Task An_untrusted_certificate_is_refused_before_the_password()
    {
        using var folder = new TemporaryFolder();
        MailServer.MakeCertificate(folder);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder, User = "robot", Password = TestMail.Password });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, tls: true, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("TLS: • The server certificate has the following errors: • unable to get local issuer certificate");
        await server.AllReadAsync();
        server.Commands[^1].ShouldBe("STARTTLS");
    }

    [SmtpFact]
    public async Task A_wrong_password_is_reported_in_the_words_of_the_server()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { User = "robot", Password = "another" });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldStartWith("535");
        failure.ToString().ShouldNotContain(TestMail.Password);
    }

    [SmtpFact]
    public async Task A_server_without_AUTH_gets_no_mail_where_a_password_is_set()
    {
        await using var server = await MailServer.StartAsync();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("The SMTP server does not support authentication.");
        await server.AllReadAsync();
        server.Mails.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_silent_server_times_out()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(TestMail.PortOf(silent), timeoutMilliseconds: 300));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 0.3 s");

        // The connection is closed as well.
        using var connection = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(60));
        var ended = await Record.ExceptionAsync(() => connection.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        ended.ShouldNotBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task A_server_that_accepts_no_connection_times_out()
    {
        using var full = new TcpListener(IPAddress.Loopback, 0);
        full.Start(backlog: 0);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)full.LocalEndpoint);

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(TestMail.PortOf(full), timeoutMilliseconds: 300));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 0.3 s");
    }

    [Fact]
    public async Task A_server_that_stalls_in_the_TLS_handshake_times_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = TestMail.SendAsync(TestMail.PortOf(listener), tls: true, timeoutMilliseconds: 1000);
        using var connection = await listener.AcceptTcpClientAsync();
        await connection.GetStream().WriteAsync("220 here\r\n250-here\r\n250 STARTTLS\r\n220 go on\r\n"u8.ToArray());

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => sending);

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 1 s");
    }

    [SmtpFact]
    public async Task A_server_that_stalls_at_a_recipient_or_the_message_times_out()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Recipients = { ["tar@x.org"] = MailServerRules.Silence },
            Data = [MailServerRules.Silence],
        });

        var atRecipient = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, ["tar@x.org", "ok@x.org"], timeoutMilliseconds: 500));

        // All that comes before the message has to be over by then.
        var atMessage = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, ["ok@x.org"], timeoutMilliseconds: 4_000));

        atRecipient.Message.ShouldBe("no answer within 0.5 s");
        atRecipient.Fault.ShouldBe(DeliveryFault.Unavailable);
        atMessage.Message.ShouldBe("no answer within 4 s");
        atMessage.Fault.ShouldBe(DeliveryFault.Later);
    }

    [Fact]
    public async Task A_server_that_refuses_the_connection_is_unavailable()
    {
        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(SmtpServer.FreePort()));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task Mails_that_wait_for_a_server_hold_no_thread()
    {
        // With a pool thread each, some would wait for one long past the limit: the pool adds threads slowly.
        const int mails = 200;
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var stop = new CancellationTokenSource();

        var sending = Enumerable.Range(0, mails).Select(_ => TestMail.SendAsync(TestMail.PortOf(silent), timeoutMilliseconds: 300_000, cancellationToken: stop.Token)).ToArray();
        var connections = new List<TcpClient>();
        while (connections.Count < mails)
            connections.Add(await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(60)));

        await Task.Run(() => sending.ShouldAllBe(mail => !mail.IsCompleted)).WaitAsync(TimeSpan.FromSeconds(60));
        ThreadPool.ThreadCount.ShouldBeLessThan(mails);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Task.WhenAll(sending));
        connections.ForEach(connection => connection.Dispose());
    }
}
