using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Configuration;
using FraudStreams.Tests.Alerting.Outbox;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>What becomes of a mail, at a real server.</summary>
[Trait("Needs", "aiosmtpd")]
public sealed class MailTransportTests
{
    const string Password = "secret-of-the-robot";

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
        mail.Shown.Subject.ShouldBe("Fraud suspected: t1");
        mail.Shown.From.ShouldBe("from@x.org");
        mail.Shown.Text.ShouldBe("text of t1\n");
        mail.Shown.Html.ShouldContain("text of t1");
        await Eventually.TrueAsync(() => server.Commands[^1] == "QUIT");
    }

    [SmtpTheory]
    [InlineData()]
    [InlineData("PIPELINING")]
    public async Task A_recipient_who_is_refused_for_good_is_named_and_the_others_have_it_whatever_the_code_is(params string[] extensions)
    {
        int[] codes = [500, 501, 502, 503, 504, 521, 530, 534, 535, 538, 550, 551, 552, 553, 554, 555, 571];
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Extensions = extensions,
            Recipients = codes.ToDictionary(code => $"gone{code}@x.org", code => $"{code} 5.7.1 not this one"),
        });

        foreach (var code in codes)
        {
            ImmutableArray<string> to = code % 2 == 0 ? [$"gone{code}@x.org", "ok@x.org"] : ["ok@x.org", $"gone{code}@x.org"];
            var delivery = await SendAsync(server.Port, to);

            delivery.Later.ShouldBeEmpty();
            delivery.Refusals.ShouldBe([new Refusal($"gone{code}@x.org", $"{code} 5.7.1 not this one")]);
        }

        await Eventually.TrueAsync(() => server.Mails.Count == codes.Length);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "ok@x.org" }));
    }

    [SmtpTheory]
    [InlineData(true)]
    [InlineData(false)]
    [InlineData(true, "PIPELINING")]
    public async Task A_recipient_who_is_not_wanted_now_is_to_be_tried_later_and_the_others_have_it_whatever_the_code_is(bool closesAfter421, params string[] extensions)
    {
        int[] codes = [421, 432, 450, 451, 452, 454, 455, 471];
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            ClosesAfter421 = closesAfter421,
            Extensions = extensions,
            Recipients = codes.ToDictionary(code => $"busy{code}@x.org", code => $"{code} 4.2.0 not now"),
        });

        foreach (var code in codes)
        {
            foreach (var to in (ImmutableArray<string>[])[["ok@x.org", $"busy{code}@x.org"], [$"busy{code}@x.org", "ok@x.org"]])
            {
                var delivery = await SendAsync(server.Port, to);

                delivery.Refusals.ShouldBeEmpty();
                delivery.Later.ShouldBe([new Refusal($"busy{code}@x.org", $"{code} 4.2.0 not now")]);
            }
        }

        await Eventually.TrueAsync(() => server.Mails.Count == 2 * codes.Length);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "ok@x.org" }));
    }

    [SmtpFact]
    public async Task A_server_that_hangs_up_on_one_recipient_gets_the_message_for_the_others_and_that_one_later()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Recipients = { ["trap@x.org"] = MailServerRules.HangUp, ["gone@x.org"] = "550 no such user", ["other-trap@x.org"] = MailServerRules.HangUp },
        });

        var delivery = await SendAsync(server.Port, ["gone@x.org", "Gone@x.org", "trap@x.org", "other-trap@x.org", "ok@x.org"]);

        delivery.Later.Select(later => later.Recipient).ShouldBe(["trap@x.org", "other-trap@x.org"]);
        delivery.Refusals.ShouldBe([new Refusal("gone@x.org", "550 no such user")]);
        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].To.ShouldBe(["ok@x.org"]);
    }

    [SmtpTheory]
    [InlineData("550 no such user", "551 moved", DeliveryFault.Refused, "550 no such user")]
    [InlineData("550 no such user", "450 greylisted", DeliveryFault.Later, "450 greylisted")]
    [InlineData("421 closing down", "421 closing down", DeliveryFault.Later, "421 closing down")]
    [InlineData("530 authenticate first", "530 authenticate first", DeliveryFault.Unavailable, "530 authenticate first")]
    [InlineData("503 out of order", "550 no such user", DeliveryFault.Unavailable, "503 out of order")]
    public async Task Where_no_recipient_is_accepted_the_gentlest_reply_says_what_to_do(string one, string two, DeliveryFault fault, string reason)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Recipients = { ["one@x.org"] = one, ["two@x.org"] = two } });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port));

        failure.Fault.ShouldBe(fault);
        failure.Message.ShouldBe(reason);
    }

    [SmtpFact]
    public async Task Who_is_left_of_a_message_that_others_have_never_makes_the_server_out_to_be_unavailable()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Recipients = { ["busy@x.org"] = "421 not now", ["gone@x.org"] = "550 no such user", ["odd@x.org"] = "530 authenticate first" },
        });

        (await SendAsync(server.Port, ["busy@x.org"], othersHaveIt: true)).Later.ShouldBe([new Refusal("busy@x.org", "421 not now")]);
        (await SendAsync(server.Port, ["gone@x.org"], othersHaveIt: true)).Refusals.ShouldBe([new Refusal("gone@x.org", "550 no such user")]);
        (await SendAsync(server.Port, ["odd@x.org"], othersHaveIt: true)).Refusals.ShouldBe([new Refusal("odd@x.org", "530 authenticate first")]);
    }

    [SmtpFact]
    public async Task A_recipient_who_is_named_twice_is_asked_for_once_and_what_is_said_holds()
    {
        await using var server = await MailServer.StartAsync(
            new MailServerRules { Recipients = { ["one@x.org"] = "450 mailbox busy", ["One@x.org"] = "450 mailbox busy" } });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, ["one@x.org", "One@x.org"]));

        failure.Fault.ShouldBe(DeliveryFault.Later);
        failure.Message.ShouldBe("450 mailbox busy");
    }

    [SmtpTheory]
    [InlineData("550 5.1.8 no such sender", DeliveryFault.Unavailable)]
    [InlineData("501 5.1.7 bad sender", DeliveryFault.Unavailable)]
    [InlineData("530 authenticate first", DeliveryFault.Unavailable)]
    [InlineData("421 closing down", DeliveryFault.Unavailable)]
    [InlineData("452 disk full", DeliveryFault.Later)]
    [InlineData("552 5.3.4 too large", DeliveryFault.Refused)]
    [InlineData("550 5.1.8 no such sender", DeliveryFault.Unavailable, "PIPELINING")]
    [InlineData("552 5.3.4 too large", DeliveryFault.Refused, "PIPELINING")]
    public async Task A_sender_who_is_not_accepted_holds_every_message_back_but_for_one_that_is_too_large(string reply, DeliveryFault fault, params string[] extensions)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Sender = reply, Extensions = extensions });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port));

        failure.Fault.ShouldBe(fault);
        failure.Message.ShouldBe(reply);
    }

    [SmtpTheory]
    [InlineData("451 greylisted, come back", DeliveryFault.Later)]
    [InlineData("421 closing down", DeliveryFault.Unavailable)]
    [InlineData("421 closing down", DeliveryFault.Unavailable, false)]
    [InlineData("554 looks like spam", DeliveryFault.Refused)]
    [InlineData("552 too large", DeliveryFault.Refused)]
    [InlineData("500 5.6.0 a line is too long", DeliveryFault.Refused)]
    [InlineData("530 authenticate first", DeliveryFault.Unavailable)]
    [InlineData(MailServerRules.HangUp, DeliveryFault.Later)]
    public async Task A_message_that_is_not_taken_says_whether_to_try_it_again(string reply, DeliveryFault fault, bool closesAfter421 = true)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Data = [reply], ClosesAfter421 = closesAfter421 });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port));

        failure.Fault.ShouldBe(fault);
        if (reply != MailServerRules.HangUp)
            failure.Message.ShouldBe(reply);
        (await SendAsync(server.Port)).ShouldBe(Delivery.Complete);
    }

    [SmtpTheory]
    [InlineData("554 5.7.1 not from here", DeliveryFault.Refused)]
    [InlineData("451 4.3.0 not now", DeliveryFault.Later)]
    [InlineData("421 closing down", DeliveryFault.Unavailable)]
    [InlineData(MailServerRules.HangUp, DeliveryFault.Later)]
    public async Task A_message_that_is_not_asked_for_says_whether_to_try_it_again(string reply, DeliveryFault fault)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { DataCommand = reply });

        (await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port))).Fault.ShouldBe(fault);
    }

    [Theory]
    [InlineData("554 5.7.1 no mail from here\r\n", "554 5.7.1 no mail from here")]
    [InlineData("421 4.3.2 too busy\r\n", "421 4.3.2 too busy")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "Unable to parse status code returned by the server.")]
    [InlineData("", "The SMTP server has unexpectedly disconnected.")]
    public async Task A_server_that_does_not_want_to_talk_is_unavailable_whatever_it_says(string greeting, string reason)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = SendAsync(PortOf(listener));
        using (var connection = await listener.AcceptTcpClientAsync())
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(greeting));

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => sending);

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe(reason);
    }

    [SmtpFact]
    public async Task A_server_without_STARTTLS_gets_nothing_where_it_is_asked_for()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { User = "robot", Password = Password });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, tls: true, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldContain("STARTTLS");
        failure.ToString().ShouldNotContain(Password);
        server.Commands.ShouldHaveSingleItem().ShouldStartWith("EHLO");
    }

    [SmtpFact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_before_the_password()
    {
        using var folder = new TemporaryFolder();
        MailServer.MakeCertificate(folder);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder, User = "robot", Password = Password });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, tls: true, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("TLS: • The server certificate has the following errors: • unable to get local issuer certificate");
        server.Commands[^1].ShouldBe("STARTTLS");
    }

    [SmtpFact]
    public async Task A_wrong_password_is_told_in_the_words_of_the_server()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { User = "robot", Password = "another" });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldStartWith("535");
        failure.ToString().ShouldNotContain(Password);
    }

    [SmtpFact]
    public async Task A_server_that_wants_no_password_where_there_is_one_gets_no_mail()
    {
        await using var server = await MailServer.StartAsync();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, user: "robot"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("The SMTP server does not support authentication.");
        server.Mails.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_in_time()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(PortOf(silent), timeoutMilliseconds: 300));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 0.3 s");

        // Nothing goes on waiting either: the connection ends.
        using var connection = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(5));
        var ended = await Record.ExceptionAsync(() => connection.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(0.25)));
        ended.ShouldNotBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task A_server_that_does_not_even_accept_is_given_up_in_time()
    {
        using var full = new TcpListener(IPAddress.Loopback, 0);
        full.Start(backlog: 0);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)full.LocalEndpoint);

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(PortOf(full), timeoutMilliseconds: 300));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 0.3 s");
    }

    [Fact]
    public async Task A_server_that_stops_while_TLS_is_agreed_on_is_given_up_in_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = SendAsync(PortOf(listener), tls: true, timeoutMilliseconds: 1000);
        using var connection = await listener.AcceptTcpClientAsync();
        await connection.GetStream().WriteAsync("220 here\r\n250-here\r\n250 STARTTLS\r\n220 go on\r\n"u8.ToArray());

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => sending);

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("no answer within 1 s");
    }

    [SmtpFact]
    public async Task A_server_that_stops_at_a_recipient_or_the_message_is_given_up_in_time()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Recipients = { ["tar@x.org"] = MailServerRules.Silence },
            Data = [MailServerRules.Silence],
        });

        var atRecipient = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, ["tar@x.org", "ok@x.org"], timeoutMilliseconds: 500));
        var atMessage = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, ["ok@x.org"], timeoutMilliseconds: 500));

        atRecipient.Message.ShouldBe("no answer within 0.5 s");
        atRecipient.Fault.ShouldBe(DeliveryFault.Unavailable);
        atMessage.Message.ShouldBe("no answer within 0.5 s");
        atMessage.Fault.ShouldBe(DeliveryFault.Later);
    }

    [SmtpTheory]
    [InlineData(MailServerRules.Silence)]
    [InlineData(MailServerRules.HangUp)]
    [InlineData("500 what?")]
    public async Task A_message_that_the_server_has_is_delivered_whatever_it_says_to_goodbye(string reply)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Quit = reply });

        (await SendAsync(server.Port, timeoutMilliseconds: 1000)).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
    }

    [Fact]
    public async Task Where_nobody_listens_the_server_is_unavailable()
    {
        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(SmtpServer.FreePort()));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldContain("refused");
    }

    [Fact]
    public async Task Mails_that_wait_for_a_server_hold_no_thread()
    {
        // Each on a thread of the pool, some would wait for theirs long past the limit: the pool is slow to add more.
        const int mails = 200;
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var stop = new CancellationTokenSource();

        var sending = Enumerable.Range(0, mails).Select(_ => SendAsync(PortOf(silent), timeoutMilliseconds: 60_000, token: stop.Token)).ToArray();
        var connections = new List<TcpClient>();
        while (connections.Count < mails)
            connections.Add(await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(10)));

        await Task.Run(() => sending.ShouldAllBe(mail => !mail.IsCompleted)).WaitAsync(TimeSpan.FromSeconds(10));
        ThreadPool.ThreadCount.ShouldBeLessThan(mails);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Task.WhenAll(sending));
        connections.ForEach(connection => connection.Dispose());
    }

    [SmtpFact]
    public async Task An_address_beyond_ASCII_reaches_a_server_with_SMTPUTF8_as_it_is_written()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { TakesUtf8 = true });

        (await SendAsync(server.Port, ["jörg@bücher.example", "ok@x.org"], from: "täter@x.org")).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].To.ShouldBe(["jörg@bücher.example", "ok@x.org"]);
        server.Mails[0].Shown.To.ShouldBe(["jörg@bücher.example", "ok@x.org"]);
        server.Mails[0].Shown.From.ShouldBe("täter@x.org");
        server.Commands.ShouldContain(command => command.StartsWith("MAIL FROM:<täter@x.org> SMTPUTF8", StringComparison.Ordinal));
    }

    [SmtpFact]
    public async Task An_address_beyond_ASCII_is_refused_for_good_where_the_server_has_no_SMTPUTF8_and_the_others_have_it()
    {
        await using var server = await MailServer.StartAsync();

        var delivery = await SendAsync(server.Port, ["jörg@x.org", "ok@x.org"]);

        delivery.Later.ShouldBeEmpty();
        delivery.Refusals.ShouldBe([new Refusal("jörg@x.org", "the address needs SMTPUTF8, which the server does not offer")]);
        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].Shown.To.ShouldBe(["ok@x.org"]);
        var alone = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, ["jörg@x.org"]));
        alone.Fault.ShouldBe(DeliveryFault.Refused);
    }

    [SmtpFact]
    public async Task A_sender_beyond_ASCII_makes_a_server_without_SMTPUTF8_unavailable()
    {
        await using var server = await MailServer.StartAsync();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => SendAsync(server.Port, from: "täter@x.org"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("the sender täter@x.org needs SMTPUTF8, which the server does not offer");
    }

    [SmtpTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_domain_beyond_ASCII_reaches_every_server_in_the_form_that_all_of_them_take(bool takesUtf8)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { TakesUtf8 = takesUtf8 });

        (await SendAsync(server.Port, ["team@bücher.example"])).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].To.ShouldBe(["team@xn--bcher-kva.example"]);
        server.Mails[0].Shown.To.ShouldBe(["team@xn--bcher-kva.example"]);
        server.Commands.ShouldNotContain(command => command.Contains("SMTPUTF8", StringComparison.Ordinal));
    }

    static async Task<Delivery> SendAsync(
        int port, ImmutableArray<string> to = default, string from = "from@x.org", bool tls = false, string user = "", int timeoutMilliseconds = 10_000,
        bool othersHaveIt = false, CancellationToken token = default)
    {
        to = to.IsDefault ? ["one@x.org", "two@x.org"] : to;
        var settings = new MailSettings(
            "localhost", port, tls, user, new SecretValue(user.Length > 0 ? Password : ""), from, othersHaveIt ? ["has-it@x.org", .. to] : to,
            TimeSpan.FromMilliseconds(timeoutMilliseconds));
        using var transport = new MailKitTransport(settings, TimeProvider.System);
        return await transport.SendAsync(AlertMessage.Of([AlertsOf.One("t1")], othersHaveIt ? to : []), token);
    }

    static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}

/// <summary>As <see cref="SmtpFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SmtpTheoryAttribute : TheoryAttribute
{
    public SmtpTheoryAttribute() => Skip = new SmtpFactAttribute().Skip;
}
