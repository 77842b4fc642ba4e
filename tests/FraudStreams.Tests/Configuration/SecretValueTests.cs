using Akka.Configuration;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Configuration;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Configuration;

[Trait("Category", "Unit")]
public sealed class SecretValueTests : IDisposable
{
    const string Variable = "THE_SECRET";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pass word")]
    [InlineData("pass word\n")]
    [InlineData("pass word\r\n\n")]
    public void Line_ends_are_cut_alike_from_the_environment_and_from_a_file(string given)
    {
        FromEnvironment(given).Reveal().ShouldBe("pass word");
        FromFile(given).Reveal().ShouldBe("pass word");
    }

    [Fact]
    public void Other_blanks_belong_to_the_secret() => FromEnvironment(" pass word\t").Reveal().ShouldBe(" pass word\t");

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_secret_of_line_ends_alone_is_refused_with_the_variables_name(string given) =>
        Should.Throw<SettingsException>(() => FromEnvironment(given)).Message.ShouldBe($"the environment variable {Variable} is empty: it must hold the secret");

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void An_empty_file_is_refused_with_its_key_and_path(string given) =>
        Should.Throw<SettingsException>(() => FromFile(given)).Message.ShouldBe($"alerts.mail.password-file = {Path.Combine(_folder, "secret")} is empty: it must hold the secret");

    [Fact]
    public void A_missing_file_is_refused_with_its_key_and_path() =>
        Should.Throw<SettingsException>(() => Read("", "missing")).Message.ShouldStartWith($"alerts.mail.password-file = {Path.Combine(_folder, "missing")} cannot be read");

    [Fact]
    public void Neither_variable_nor_file_is_no_secret() => Read("", null).IsEmpty.ShouldBeTrue();

    [Theory]
    [InlineData("whsec_c2VjcmV0LWtleS0xMjM0NQ==")]
    [InlineData("whsec_c2VjcmV0LWtleS0xMjM0NQ")]
    [InlineData("whsec_c2VjcmV0LWtleS0xMjM0NQ\n")]
    [InlineData("secret-key-12345\n")]
    public void A_webhooks_key_is_the_text_or_its_base64_with_or_without_padding(string given) =>
        new WebhookKey(FromEnvironment(given)).Bytes().ShouldBe("secret-key-12345"u8.ToArray());

    [Fact]
    public void A_webhooks_key_may_be_in_the_alphabet_of_addresses() =>
        new WebhookKey(FromEnvironment("whsec_-_-_")).Bytes().ShouldBe(Convert.FromBase64String("+/+/"));

    [Theory]
    [InlineData("whsec_")]
    [InlineData("whsec_not base64!")]
    [InlineData("whsec_AAAAA")]
    public void A_webhooks_key_that_is_no_base64_is_refused_and_not_shown(string given)
    {
        var refusal = Should.Throw<SettingsException>(() => new WebhookKey(FromEnvironment(given)));

        refusal.Message.ShouldBe($"the environment variable {Variable} must be whsec_ followed by the key in Base64, or a text that does not begin with whsec_");
    }

    static SecretValue FromEnvironment(string value) => SecretValue.Read(Variable, Section(""), "password-file", name => name == Variable ? value : null);

    SecretValue FromFile(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "secret"), content);
        return Read("", "secret");
    }

    SecretValue Read(string value, string? file) =>
        SecretValue.Read(Variable, Section(file is null ? "" : Path.Combine(_folder, file)), "password-file", _ => value);

    static SettingsSection Section(string file) => new(ConfigurationFactory.ParseString($"alerts.mail.password-file = \"{file}\""), "alerts.mail", []);
}
