using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Configuration;
using FraudStreams.Tests.Alerting.Outbox;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>Sends one alert through a <see cref="MailKitTransport"/>.</summary>
static class TestMail
{
    public const string Password = "secret-of-the-robot";

    public static async Task<Delivery> SendAsync(
        int port, ImmutableArray<string> to = default, string from = "from@x.org", bool tls = false, string user = "", int timeoutMilliseconds = 60_000,
        bool othersHaveIt = false, CancellationToken cancellationToken = default)
    {
        to = to.IsDefault ? ["one@x.org", "two@x.org"] : to;
        using var transport = Transport(port, othersHaveIt ? ["has-it@x.org", .. to] : to, TimeProvider.System, from, tls, user, timeoutMilliseconds);
        return await transport.SendAsync(AlertMessage.Of([AlertsOf.One("t1")], othersHaveIt ? to : []), cancellationToken);
    }

    public static MailKitTransport Transport(
        int port, ImmutableArray<string> to, TimeProvider time, string from = "from@x.org", bool tls = false, string user = "", int timeoutMilliseconds = 10_000) => new(
            new MailSettings("localhost", port, tls, user, new SecretValue(user.Length > 0 ? Password : ""), from, to, TimeSpan.FromMilliseconds(timeoutMilliseconds)), AlertsOf.Template, time);

    /// <summary>Sends one alert over a transport that has sent others.</summary>
    public static Task<Delivery> SendAsync(this MailKitTransport transport, string alert) =>
        transport.SendAsync(AlertMessage.Of([AlertsOf.One(alert)], []), CancellationToken.None);

    public static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
