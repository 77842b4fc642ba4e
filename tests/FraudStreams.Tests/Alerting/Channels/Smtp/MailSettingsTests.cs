using FraudStreams.Configuration;
using FraudStreams.Tests.Configuration;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>An address that MailKit could not send to would stop every mail, so it fails the start.</summary>
[Trait("Category", "Integration")]
public sealed class MailSettingsTests
{
    [Theory]
    [InlineData("team@example.org")]
    [InlineData("fraud-team@localhost")]
    [InlineData("first.last+tag@sub.example.org")]
    [InlineData("jörg@bücher.example")]
    [InlineData("team@xn--bcher-kva.example")]
    public void A_mail_address_is_kept_as_written(string address) =>
        SettingsOf.Set($"alerts.mail.to=[\"{address}\"]", $"alerts.mail.from={address}").Alerts.Mail.To.ShouldBe([address]);

    [Theory]
    [InlineData("")]
    [InlineData("team")]
    [InlineData("@example.org")]
    [InlineData("team@")]
    [InlineData("Team <team@example.org>")]
    [InlineData("team@example.org, other@example.org")]
    [InlineData("team@example.org\\r\\nRCPT TO:<thief@example.org>")]
    [InlineData("a b@example.org")]
    [InlineData("team@example.org>")]
    public void A_value_that_is_not_a_bare_address_fails_the_start_with_its_path(string address) =>
        Should.Throw<SettingsException>(() => SettingsOf.Set($"alerts.mail.to=[\"{address}\"]")).Message.ShouldContain("alerts.mail.to");
}
