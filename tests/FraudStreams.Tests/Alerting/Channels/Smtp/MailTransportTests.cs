using System.Collections.Immutable;
using FraudStreams.Alerting.Channels;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>What the replies of a real server to sender, recipients and message mean for the delivery.</summary>
[Trait("Needs", "aiosmtpd")]
[Trait("Category", "Integration")]
public sealed class MailTransportTests
{
    [SmtpFact]
    public async Task Every_recipient_gets_text_and_HTML_and_a_stable_message_id()
    {
        await using var server = await MailServer.StartAsync();

        (await TestMail.SendAsync(server.Port)).ShouldBe(Delivery.Complete);

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
    public async Task A_refused_recipient_is_named_and_the_others_have_the_message(params string[] extensions)
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
            var delivery = await TestMail.SendAsync(server.Port, to);

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
    public async Task A_deferred_recipient_is_retried_and_the_others_have_the_message(bool closesAfter421, params string[] extensions)
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
                var delivery = await TestMail.SendAsync(server.Port, to);

                delivery.Refusals.ShouldBeEmpty();
                delivery.Later.ShouldBe([new Refusal($"busy{code}@x.org", $"{code} 4.2.0 not now")]);
            }
        }

        await Eventually.TrueAsync(() => server.Mails.Count == 2 * codes.Length);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "ok@x.org" }));
    }

    [SmtpFact]
    public async Task A_recipient_at_which_the_server_hangs_up_is_retried_later()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Recipients = { ["trap@x.org"] = MailServerRules.HangUp, ["gone@x.org"] = "550 no such user", ["other-trap@x.org"] = MailServerRules.HangUp },
        });

        var delivery = await TestMail.SendAsync(server.Port, ["gone@x.org", "Gone@x.org", "trap@x.org", "other-trap@x.org", "ok@x.org"]);

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
    public async Task Without_an_accepted_recipient_the_mildest_reply_decides(string one, string two, DeliveryFault fault, string reason)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Recipients = { ["one@x.org"] = one, ["two@x.org"] = two } });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port));

        failure.Fault.ShouldBe(fault);
        failure.Message.ShouldBe(reason);
    }

    [SmtpFact]
    public async Task The_rest_of_a_delivered_message_never_makes_the_server_unavailable()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules
        {
            Recipients = { ["busy@x.org"] = "421 not now", ["gone@x.org"] = "550 no such user", ["odd@x.org"] = "530 authenticate first" },
        });

        (await TestMail.SendAsync(server.Port, ["busy@x.org"], othersHaveIt: true)).Later.ShouldBe([new Refusal("busy@x.org", "421 not now")]);
        (await TestMail.SendAsync(server.Port, ["gone@x.org"], othersHaveIt: true)).Refusals.ShouldBe([new Refusal("gone@x.org", "550 no such user")]);
        (await TestMail.SendAsync(server.Port, ["odd@x.org"], othersHaveIt: true)).Refusals.ShouldBe([new Refusal("odd@x.org", "530 authenticate first")]);
    }

    [SmtpFact]
    public async Task A_recipient_that_is_configured_twice_is_sent_to_once()
    {
        await using var server = await MailServer.StartAsync(
            new MailServerRules { Recipients = { ["one@x.org"] = "450 mailbox busy", ["One@x.org"] = "450 mailbox busy" } });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, ["one@x.org", "One@x.org"]));

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
    public async Task A_refused_sender_is_unavailable_unless_the_message_is_too_large(string reply, DeliveryFault fault, params string[] extensions)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Sender = reply, Extensions = extensions });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port));

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
    public async Task The_reply_to_a_message_says_whether_to_retry(string reply, DeliveryFault fault, bool closesAfter421 = true)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Data = [reply], ClosesAfter421 = closesAfter421 });

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port));

        failure.Fault.ShouldBe(fault);
        if (reply != MailServerRules.HangUp)
            failure.Message.ShouldBe(reply);
        (await TestMail.SendAsync(server.Port)).ShouldBe(Delivery.Complete);
    }

    [SmtpTheory]
    [InlineData("554 5.7.1 not from here", DeliveryFault.Refused)]
    [InlineData("451 4.3.0 not now", DeliveryFault.Later)]
    [InlineData("421 closing down", DeliveryFault.Unavailable)]
    [InlineData(MailServerRules.HangUp, DeliveryFault.Later)]
    public async Task The_reply_to_DATA_says_whether_to_retry(string reply, DeliveryFault fault)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { DataCommand = reply });

        (await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port))).Fault.ShouldBe(fault);
    }

    [SmtpTheory]
    [InlineData(MailServerRules.Silence)]
    [InlineData(MailServerRules.HangUp)]
    [InlineData("500 what?")]
    public async Task An_accepted_message_is_delivered_whatever_the_reply_to_QUIT(string reply)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Quit = reply });

        // The time is for all that comes before QUIT, too.
        (await TestMail.SendAsync(server.Port, timeoutMilliseconds: reply == MailServerRules.Silence ? 5_000 : 60_000)).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
    }
}
