using FraudStreams.Alerting.Channels;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>Addresses beyond ASCII, at servers with and without SMTPUTF8.</summary>
[Trait("Needs", "aiosmtpd")]
[Trait("Category", "Integration")]
public sealed class MailAddressTests
{
    [SmtpFact]
    public async Task An_address_beyond_ASCII_reaches_a_server_with_SMTPUTF8()
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { TakesUtf8 = true });

        (await TestMail.SendAsync(server.Port, ["jörg@bücher.example", "ok@x.org"], from: "täter@x.org")).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].To.ShouldBe(["jörg@bücher.example", "ok@x.org"]);
        server.Mails[0].Shown.To.ShouldBe(["jörg@bücher.example", "ok@x.org"]);
        server.Mails[0].Shown.From.ShouldBe("täter@x.org");
        server.Commands.ShouldContain(command => command.StartsWith("MAIL FROM:<täter@x.org> SMTPUTF8", StringComparison.Ordinal));
    }

    [SmtpFact]
    public async Task Without_SMTPUTF8_an_address_beyond_ASCII_is_refused()
    {
        await using var server = await MailServer.StartAsync();

        var delivery = await TestMail.SendAsync(server.Port, ["jörg@x.org", "ok@x.org"]);

        delivery.Later.ShouldBeEmpty();
        delivery.Refusals.ShouldBe([new Refusal("jörg@x.org", "the address needs SMTPUTF8, which the server does not offer")]);
        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].Shown.To.ShouldBe(["ok@x.org"]);
        var alone = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, ["jörg@x.org"]));
        alone.Fault.ShouldBe(DeliveryFault.Refused);
    }

    [SmtpFact]
    public async Task Without_SMTPUTF8_a_sender_beyond_ASCII_makes_the_server_unavailable()
    {
        await using var server = await MailServer.StartAsync();

        var failure = await Should.ThrowAsync<AlertDeliveryException>(() => TestMail.SendAsync(server.Port, from: "täter@x.org"));

        failure.Fault.ShouldBe(DeliveryFault.Unavailable);
        failure.Message.ShouldBe("the sender täter@x.org needs SMTPUTF8, which the server does not offer");
    }

    [SmtpTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_domain_beyond_ASCII_is_sent_in_its_ASCII_form(bool takesUtf8)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { TakesUtf8 = takesUtf8 });

        (await TestMail.SendAsync(server.Port, ["team@bücher.example"])).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == 1);
        server.Mails[0].To.ShouldBe(["team@xn--bcher-kva.example"]);
        server.Mails[0].Shown.To.ShouldBe(["team@xn--bcher-kva.example"]);
        server.Commands.ShouldNotContain(command => command.Contains("SMTPUTF8", StringComparison.Ordinal));
    }
}
