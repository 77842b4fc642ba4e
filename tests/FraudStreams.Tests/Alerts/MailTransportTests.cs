using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using FraudStreams.Alerts;
using FraudStreams.Settings;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerts;

/// <summary>What becomes of a mail, at a real server.</summary>
[Trait("Needs", "aiosmtpd")]
public sealed class MailTransportTests
{
    [SmtpFact]
    public async Task Every_recipient_gets_text_and_HTML_and_the_id_of_the_transaction()
    {
        await using var server = await MailServer.StartAsync();

        (await SendAsync(server.Port)).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        var mail = server.Mails[0];
        mail.To.ShouldBe(["one@x.org", "two@x.org"], ignoreOrder: true);
        mail.Content.ShouldContain("Message-ID: <t1@fraudstreams.invalid>", Case.Insensitive);
        mail.Content.ShouldContain("multipart/alternative");
        mail.Content.ShouldContain("text/plain");
        mail.Content.ShouldContain("text/html");
        mail.Content.ShouldContain("Subject: Fraud suspected: t1");
    }

    [SmtpFact]
    public async Task A_recipient_who_is_refused_for_good_is_named_and_the_others_have_it()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Recipients = { ["two@x.org"] = "550 no such user" } });

        var delivery = await SendAsync(server.Port);

        delivery.Later.ShouldBeEmpty();
        delivery.Refusals.ShouldHaveSingleItem().Recipient.ShouldBe("two@x.org");
        delivery.Refusals[0].Reason.ShouldContain("550");
        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].To.ShouldBe(["one@x.org"]);
    }

    [SmtpFact]
    public async Task A_recipient_who_is_busy_is_to_be_tried_later_and_the_others_have_it()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Recipients = { ["one@x.org"] = "450 mailbox busy" } });

        var delivery = await SendAsync(server.Port);

        delivery.Refusals.ShouldBeEmpty();
        delivery.Later.ShouldBe(["one@x.org"]);
    }

    [SmtpTheory]
    [InlineData("451 greylisted, come back", DeliveryFault.Later)]
    [InlineData("421 closing down", DeliveryFault.Unavailable)]
    [InlineData("554 looks like spam", DeliveryFault.Refused)]
    [InlineData("552 too large", DeliveryFault.Refused)]
    public async Task A_message_that_is_not_taken_says_whether_to_try_it_again(string reply, DeliveryFault fault)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Data = [reply] });

        (await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port))).Fault.ShouldBe(fault);
        (await SendAsync(server.Port)).ShouldBe(Delivery.Complete);
    }

    [SmtpFact]
    public async Task Where_no_recipient_is_accepted_the_message_is_refused()
    {
        await using var server = await MailServer.StartAsync(
            new MailServerRules { Recipients = { ["one@x.org"] = "550 no such user", ["two@x.org"] = "551 moved" } });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port));

        failure.Fault.ShouldBe(DeliveryFault.Refused);
        failure.Message.ShouldContain("550");
    }

    [SmtpFact]
    public async Task A_server_without_STARTTLS_gets_nothing_where_it_is_asked_for()
    {
        await using var server = await MailServer.StartAsync();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, tls: true, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.ToString().ShouldNotContain("secret-of-the-robot");
        server.Mails.ShouldBeEmpty();
    }

    [SmtpFact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        using var folder = new TemporaryFolder();
        MailServer.MakeCertificate(folder);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, tls: true));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldContain("certificate", Case.Insensitive);
        server.Mails.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_in_time()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(((IPEndPoint)silent.LocalEndpoint).Port, timeoutMilliseconds: 300));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 0.3 s");

        // Nothing goes on waiting either: the connection ends.
        using var connection = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(5));
        var ended = await Record.ExceptionAsync(() => connection.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(0.25)));
        ended.ShouldNotBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task Where_nobody_listens_the_server_is_unavailable()
    {
        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(SmtpServer.FreePort()));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldContain("refused");
    }

    static async Task<Delivery> SendAsync(int port, bool tls = false, string user = "", int timeoutMilliseconds = 10_000)
    {
        var settings = new MailSettings(
            "localhost", port, tls, user, new SecretValue(user.Length > 0 ? "secret-of-the-robot" : ""), "from@x.org", ["one@x.org", "two@x.org"],
            TimeSpan.FromMilliseconds(timeoutMilliseconds));
        using var transport = new MailKitTransport(settings, TimeProvider.System);
        return await transport.SendAsync(AlertMessage.Of([AlertsOf.One("t1")], []), CancellationToken.None);
    }
}

/// <summary>As <see cref="SmtpFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SmtpTheoryAttribute : TheoryAttribute
{
    public SmtpTheoryAttribute() => Skip = new SmtpFactAttribute().Skip;
}
