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

/// <summary>The signing key: the bytes of the text itself, or the Base64 that follows "whsec_", in either alphabet and with or without its padding.</summary>
public sealed class WebhookKey
{
    const string Base64Start = "whsec_";

    readonly SecretValue _secret;
    readonly byte[] _bytes;

    /// <exception cref="SettingsException">"whsec_" is not followed by Base64; names where the secret came from.</exception>
    public WebhookKey(SecretValue secret)
    {
        _secret = secret;
        var text = secret.Reveal();
        _bytes = text.StartsWith(Base64Start, StringComparison.Ordinal) ? Decode(text[Base64Start.Length..], secret.Source) : Encoding.UTF8.GetBytes(text);
    }

    public byte[] Bytes() => _bytes;

    public override string ToString() => _secret.ToString();

    static byte[] Decode(string base64, string source)
    {
        var standard = base64.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        try
        {
            if (Convert.FromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '=')) is { Length: > 0 } bytes)
                return bytes;
        }
        catch (FormatException)
        {
            // The parser's message says less than what is right; and none may show the value.
        }

        throw new SettingsException($"{source} must be {Base64Start} followed by the key in Base64, or a text that does not begin with {Base64Start}");
    }
}
