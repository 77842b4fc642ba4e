using System.Net;

namespace FraudStreams.Configuration;

/// <summary>Where the role `api` listens, and what it takes.</summary>
/// <param name="Address">An address of this machine alone.</param>
/// <param name="Port">A port set by hand, 0 for any that is free; null for <see cref="UsualPort"/>, or the next free one.</param>
/// <param name="MaxBodyBytes">A longer request is refused.</param>
/// <param name="RecordTimeout">How long a recorded payment's prediction is waited for.</param>
/// <param name="OtlpEndpoint">Where metrics are sent to as well; null: nowhere.</param>
public sealed record ApiSettings(IPAddress Address, int? Port, long MaxBodyBytes, TimeSpan RecordTimeout, Uri? OtlpEndpoint)
{
    public const int UsualPort = 8080;

    public static ApiSettings From(SettingsSection section) => new(
        section.Parsed("host", ParseAddress, "an address of this machine alone, such as 127.0.0.1, ::1 or localhost: without keys nothing is answered beyond it"),
        section.Parsed("port", ParsePort, "auto, or a port from 0 to 65535"),
        section.Size("max-body", 1024, 1 << 30),
        section.Duration("record-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
        section.Parsed("otlp-endpoint", ParseEndpoint, "empty, or an address such as http://localhost:4317"));

    static IPAddress ParseAddress(string text)
    {
        if (text == "localhost")
            return IPAddress.Loopback;
        return IPAddress.TryParse(text, out var address) && IPAddress.IsLoopback(address) ? address : throw new FormatException();
    }

    static int? ParsePort(string text) => text == "auto" ? null
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort ? port
        : throw new FormatException();

    static Uri? ParseEndpoint(string text) => text.Length == 0 ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" ? endpoint
        : throw new FormatException();
}
