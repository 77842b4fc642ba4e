using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>One message after the other over one connection, and servers that do not want that.</summary>
[Trait("Needs", "aiosmtpd")]
[Trait("Category", "Integration")]
public sealed class MailReuseTests
{
    [SmtpFact]
    public async Task Mails_one_after_the_other_go_over_one_connection()
    {
        await using var server = await MailServer.StartAsync();
        using (var transport = TestMail.Transport(server.Port, ["one@x.org"], TimeProvider.System))
        {
            foreach (var alert in (string[])["a", "b", "c"])
                (await transport.SendAsync(alert)).ShouldBe(Delivery.Complete);
        }

        await Eventually.TrueAsync(() => server.Mails.Count == 3 && server.Commands[^1] == "QUIT");
        server.Commands.Count(command => command.StartsWith("EHLO", StringComparison.Ordinal)).ShouldBe(1);
        server.Mails.Select(mail => mail.Shown.Subject).ShouldBe(["Fraud suspected: a", "Fraud suspected: b", "Fraud suspected: c"]);
    }

    [SmtpFact]
    public async Task Mails_at_once_go_over_connections_of_their_own()
    {
        await using var server = await MailServer.StartAsync();
        using var transport = TestMail.Transport(server.Port, ["one@x.org"], TimeProvider.System);

        for (var round = 0; round < 3; round++)
            (await Task.WhenAll(Enumerable.Range(0, 8).Select(mail => transport.SendAsync($"{round}-{mail}")))).ShouldAllBe(delivery => delivery == Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 24);
        server.Mails.Select(mail => mail.Shown.Subject).Distinct().Count().ShouldBe(24);
        server.Commands.Count(command => command.StartsWith("EHLO", StringComparison.Ordinal)).ShouldBeInRange(1, 8);
    }

    [SmtpTheory]
    [InlineData("421 4.7.0 too many messages over this connection", false)]
    [InlineData("452 4.7.0 too many messages over this connection", false)]
    [InlineData("550 5.7.0 too many messages over this connection", false)]
    [InlineData(MailServerRules.HangUp, false)]
    [InlineData("421 4.7.0 too many messages over this connection", true)]
    [InlineData(MailServerRules.HangUp, true)]
    public async Task A_server_that_takes_no_more_over_a_connection_gets_the_next_mail_over_another(string reply, bool atRecipient)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { MailsPerConnection = 2, Beyond = reply, IsBeyondAtRecipient = atRecipient });
        using var transport = TestMail.Transport(server.Port, ["one@x.org", "two@x.org"], TimeProvider.System);

        foreach (var alert in (string[])["a", "b", "c", "d", "e"])
            (await transport.SendAsync(alert)).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 5);
        server.Mails.Select(mail => mail.Shown.Subject[^1]).ShouldBe(['a', 'b', 'c', 'd', 'e']);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "one@x.org", "two@x.org" }));
        server.Commands.Count(command => command.StartsWith("EHLO", StringComparison.Ordinal)).ShouldBe(3);
    }

    [SmtpFact]
    public async Task A_message_that_may_have_been_taken_is_not_sent_over_another_connection()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Data = ["250 kept", MailServerRules.HangUp] });
        using var transport = TestMail.Transport(server.Port, ["one@x.org"], TimeProvider.System);
        await transport.SendAsync("a");

        (await Should.ThrowAsync<AlertDeliveryException>(() => transport.SendAsync("b"))).Fault.ShouldBe(DeliveryFault.Later);

        await Eventually.TrueAsync(() => server.Commands.Count(command => command == "DATA") == 2);
        server.Commands.Count(command => command.StartsWith("EHLO", StringComparison.Ordinal)).ShouldBe(1);
    }

    [SmtpFact]
    public async Task A_refused_recipient_of_a_later_mail_is_named_and_the_next_gets_all()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { Recipients = { ["gone@x.org"] = "550 no such user" } });
        using var transport = TestMail.Transport(server.Port, ["gone@x.org", "ok@x.org"], TimeProvider.System);

        foreach (var alert in (string[])["a", "b"])
            (await transport.SendAsync(alert)).Refusals.ShouldBe([new Refusal("gone@x.org", "550 no such user")]);

        await Eventually.TrueAsync(() => server.Mails.Count == 2);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "ok@x.org" }));
    }

    [SmtpFact]
    public async Task A_connection_is_closed_once_no_mail_has_come_for_a_while()
    {
        var time = new ManualTime();
        await using var server = await MailServer.StartAsync();
        using var transport = TestMail.Transport(server.Port, ["one@x.org"], time);
        await transport.SendAsync("a");

        time.Advance(SmtpConnections.IdleTime / 2);
        await transport.SendAsync("b");
        time.Advance(SmtpConnections.IdleTime / 2);
        server.Commands.ShouldNotContain("QUIT");
        time.Advance(SmtpConnections.IdleTime / 2);

        await Eventually.TrueAsync(() => server.Commands[^1] == "QUIT");
        (await transport.SendAsync("c")).ShouldBe(Delivery.Complete);
        await Eventually.TrueAsync(() => server.Mails.Count == 3);
        server.Commands.Count(command => command.StartsWith("EHLO", StringComparison.Ordinal)).ShouldBe(2);
    }
}
