using System.Net;

namespace FraudStreams.Configuration;

/// <summary>Makes clients of HTTP servers that the settings name. The caller limits how long a request takes.</summary>
static class ConfiguredHost
{
    public static HttpClient Client(TimeSpan connectTimeout, DecompressionMethods decompression = DecompressionMethods.None) => new(new SocketsHttpHandler
    {
        // A redirect would take what is sent, alerts or a key, to a host that is not configured.
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = connectTimeout,
        AutomaticDecompression = decompression,

        // DNS names are resolved again now and then: the server may move.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    { Timeout = Timeout.InfiniteTimeSpan };
}
