using System.Net;

namespace FraudStreams.Configuration;

/// <summary>Where the role `api` listens, what it takes, and from whom.</summary>
/// <param name="Address">An address of this machine alone, unless <see cref="IsAuthenticated"/>.</param>
/// <param name="Port">A port set by hand, 0 for any that is free; null for <see cref="UsualPort"/>, or the next free one.</param>
/// <param name="MaxBodyBytes">A longer request is refused.</param>
/// <param name="RecordTimeout">How long a recorded payment's prediction is waited for.</param>
/// <param name="OtlpEndpoint">Where metrics, traces and logs are sent to; null: nowhere.</param>
/// <param name="Announced">Where other hosts of the stream ask this one; null: where it listens.</param>
/// <param name="TakesKeys">Whether who asks must show a key.</param>
/// <param name="Oidc">The issuer of people's tokens; null: none.</param>
/// <param name="Tls">The server's certificate; null: plain HTTP.</param>
public sealed record ApiSettings(
    IPAddress Address, int? Port, long MaxBodyBytes, TimeSpan RecordTimeout, Uri? OtlpEndpoint, Uri? Announced, bool TakesKeys, OidcSettings? Oidc, TlsSettings? Tls, ApiLimitSettings Limits)
{
    public const int UsualPort = 8080;

    /// <summary>Whether who asks must say who it is.</summary>
    public bool IsAuthenticated => TakesKeys || Oidc is not null;

    public static ApiSettings From(SettingsSection section)
    {
        var settings = new ApiSettings(
            section.Parsed("host", ParseAddress, "an address of this machine, such as 127.0.0.1, ::1, localhost or 0.0.0.0"),
            section.Parsed("port", ParsePort, "auto, or a port from 0 to 65535"),
            section.Size("max-body", 1024, 1 << 30),
            section.Duration("record-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            section.Parsed("otlp-endpoint", ParseEndpoint, "empty, or an address such as http://localhost:4317"),
            section.Parsed("announced", ParseEndpoint, "empty, or an address such as https://host1.example.org:8443"),
            section.Flag("keys"),
            OidcSettings.From(section.Section("oidc")),
            TlsSettings.From(section.Section("tls")),
            ApiLimitSettings.From(section.Section("limits")));
        if (settings.Address is { } address && !IPAddress.IsLoopback(address) && !settings.IsAuthenticated)
        {
            throw new SettingsException(
                $"{section.PathOf("host")} = {address}: nothing listens beyond this machine without authentication. Set {section.PathOf("keys")} = on and make keys with "
                + $"`fraudstreams keys add NAME --role viewer`, or name the issuer of people's tokens in {section.PathOf("oidc.issuer")}; or leave it at 127.0.0.1");
        }

        return settings;
    }

    static IPAddress ParseAddress(string text) => text == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(text, out var address) ? address : throw new FormatException();

    static int? ParsePort(string text) => text == "auto" ? null
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort ? port
        : throw new FormatException();

    static Uri? ParseEndpoint(string text) => text.Length == 0 ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" ? endpoint
        : throw new FormatException();
}

/// <summary>How much one caller may ask, and how many connections there may be.</summary>
/// <param name="RequestsPerSecond">Of each key, person or, without either, address; 0: no limit.</param>
/// <param name="Connections">At once, of all.</param>
public sealed record ApiLimitSettings(int RequestsPerSecond, int Connections)
{
    public static ApiLimitSettings From(SettingsSection section) => new(section.Int("requests-per-second", 0, 1_000_000), section.Int("connections", 1, 1_000_000));
}

/// <summary>The issuer whose tokens say who people are, in OpenID Connect.</summary>
/// <param name="Issuer">Its address, as tokens have it; its keys and endpoints are read from there.</param>
/// <param name="Audience">For whom a token must be made.</param>
/// <param name="ClientId">As which the page signs people in; null: the page takes keys alone.</param>
/// <param name="RoleClaim">The claim with the role, or with several.</param>
/// <param name="NameClaim">The claim with the name that signs changes.</param>
public sealed record OidcSettings(Uri Issuer, string Audience, string? ClientId, SecretValue ClientSecret, string RoleClaim, string NameClaim)
{
    public const string SecretVariable = "FRAUDSTREAMS_OIDC_CLIENT_SECRET";

    public static OidcSettings? From(SettingsSection section)
    {
        var issuer = section.Parsed("issuer", ParseIssuer, "empty, or the issuer's address: https, or http on this machine");
        var settings = new OidcSettings(
            issuer!, section.FilledText("audience"), section.Text("client-id") is { Length: > 0 } client ? client : null,
            SecretValue.Read(SecretVariable, section, "client-secret-file", Environment.GetEnvironmentVariable), section.FilledText("role-claim"), section.FilledText("name-claim"));
        return issuer is null ? null : settings;
    }

    /// <summary>Who can change what the issuer says can be anybody: that is not to be read on an open line.</summary>
    static Uri? ParseIssuer(string text) => text.Length == 0 ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var issuer) && (issuer.Scheme == Uri.UriSchemeHttps || (issuer.Scheme == Uri.UriSchemeHttp && issuer.IsLoopback)) ? issuer
        : throw new FormatException();
}
