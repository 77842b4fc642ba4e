using System.Text;
using FraudStreams.Configuration;

namespace FraudStreams.Alerting.Channels.Webhook;

/// <summary>Where alerts are posted. The URL may hold a token, so messages show only its host.</summary>
/// <param name="Key">Signs each message; never empty.</param>
public sealed record WebhookSettings(Uri Url, WebhookKey Key, TimeSpan Timeout)
{
    const string SecretVariable = "FRAUDSTREAMS_WEBHOOK_SECRET";

    /// <summary>Reads `alerts.webhook`; null where it names no URL.</summary>
    public static WebhookSettings? Read(SettingsSection section, Func<string, string?> environment)
    {
        var timeout = section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        var secret = SecretValue.Read(SecretVariable, section, "secret-file", environment);
        if (section.Text("url").Trim() is not { Length: > 0 } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
            throw new SettingsException($"{section.PathOf("url")} must be a URL that begins with https:// or http://");
        if (secret.IsEmpty)
            throw new SettingsException($"{section.PathOf("url")} is set and there is no secret to sign with: give it in {SecretVariable} or {section.PathOf("secret-file")}");
        return new WebhookSettings(url, new WebhookKey(secret), timeout);
    }

    public override string ToString() => $"webhook {Url.Host}";
}

/// <summary>The signing key: the bytes of the text itself, or the Base64 that follows "whsec_".</summary>
public sealed class WebhookKey(SecretValue secret)
{
    const string Base64Start = "whsec_";

    public byte[] Bytes() => secret.Reveal() is var text && text.StartsWith(Base64Start, StringComparison.Ordinal)
        ? Convert.FromBase64String(text[Base64Start.Length..])
        : Encoding.UTF8.GetBytes(text);

    public override string ToString() => secret.ToString();
}
