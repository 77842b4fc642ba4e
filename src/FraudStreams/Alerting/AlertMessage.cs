using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace FraudStreams.Alerting;

/// <summary>One message to send: a single alert, or a digest of several.</summary>
/// <param name="Name">The alert's name, or a digest's: the same alerts always have the same name.</param>
/// <param name="To">The recipients that do not have it yet; empty means all.</param>
public sealed record AlertMessage(string Name, ImmutableArray<Alert> Alerts, ImmutableArray<string> To)
{
    public static AlertMessage Of(ImmutableArray<Alert> alerts, ImmutableArray<string> to) => new(alerts is [var alert] ? alert.Name : DigestName(alerts), alerts, to);

    /// <summary>The Message-ID (RFC 5322): the same for every attempt, so that mail programs show a repeated message once.</summary>
    public string MessageId => $"<{Name}@fraudstreams.invalid>";

    static string DigestName(ImmutableArray<Alert> alerts)
    {
        var names = string.Join('\n', alerts.Select(alert => alert.Name));
        return $"digest-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(names)))[..40]}";
    }
}
