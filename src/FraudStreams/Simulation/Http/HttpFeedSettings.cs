using FraudStreams.Configuration;

namespace FraudStreams.Simulation.Http;

/// <summary>A payments API that is polled.</summary>
/// <param name="Interval">From the begin of one poll to that of the next.</param>
/// <param name="Timeout">Of a whole answer.</param>
/// <param name="MaxBody">The longest answer, in bytes, unpacked.</param>
/// <param name="Remember">How many of the payments sent last are known again.</param>
/// <param name="MomentField">A field in Unix milliseconds that stands for times which a payment lacks; null for none.</param>
/// <param name="KeyHeader">The name of the header that carries <paramref name="Key"/>.</param>
/// <param name="Key">Empty where the API wants none.</param>
public sealed record HttpFeedSettings(Uri Url, TimeSpan Interval, TimeSpan Timeout, int MaxBody, int Remember, string? MomentField, string KeyHeader, SecretValue Key)
{
    const string KeyVariable = "FRAUDSTREAMS_SIMULATE_HTTP_KEY";

    /// <summary>Where it is, without what may hold a token.</summary>
    public string Name => $"{Url.Host}{(Url.IsDefaultPort ? "" : $":{Url.Port}")}{Url.AbsolutePath}";

    /// <summary>Reads `simulate.http`; null where another source is set.</summary>
    public static HttpFeedSettings? Read(SettingsSection section, bool isSet, Func<string, string?> environment)
    {
        var interval = section.Duration("interval", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        var timeout = section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        var maxBody = (int)section.Size("max-body", 1 << 10, 1 << 30);
        var remember = section.Int("remember", 0, 10_000_000);
        var moment = section.Text("moment-field");
        var header = section.Text("key-header").Trim();
        var key = SecretValue.Read(KeyVariable, section, "key-file", environment);
        var url = section.Text("url").Trim();
        if (!isSet)
            return null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
            throw new SettingsException($"{section.PathOf("url")} must be a URL that begins with https:// or http://: simulate.kind is http");
        if (address.UserInfo.Length > 0)
            throw new SettingsException($"{section.PathOf("url")} must not hold a user or password: give what the API wants in a header, by {section.PathOf("key-header")} and {KeyVariable}");
        if (header.Length == 0 || header.AsSpan().ContainsAnyExcept(s_headerName))
            throw section.Senseless("key-header", "the name of a header, such as X-API-Key or Authorization");
        if (key.Reveal().AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new SettingsException($"{key.Source} must be one line of printable ASCII: it is sent as a header");
        return new HttpFeedSettings(address, interval, timeout, maxBody, remember, moment.Length == 0 ? null : moment, header, key);
    }

    static readonly System.Buffers.SearchValues<char> s_headerName = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
