using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace FraudStreams.Alerting;

/// <summary>One message to send: a single alert, or a digest with one line per alert.</summary>
/// <param name="Name">The alert's name, or a digest's: the same alerts always have the same name.</param>
/// <param name="To">The recipients that do not have it yet; empty means all.</param>
public sealed record AlertMessage(string Name, string Subject, string Text, ImmutableArray<Alert> Alerts, ImmutableArray<string> To)
{
    public static AlertMessage Of(ImmutableArray<Alert> alerts, ImmutableArray<string> to) => alerts is [var alert]
        ? new AlertMessage(alert.Name, alert.Subject, alert.Body, alerts, to)
        : new AlertMessage(DigestName(alerts), $"Fraud suspected: {alerts.Length} payments", Digest(alerts), alerts, to);

    /// <summary>The Message-ID (RFC 5322): the same for every attempt, so that mail programs show a repeated message once.</summary>
    public string MessageId => $"<{Name}@fraudstreams.invalid>";

    /// <summary>The text as HTML, for programs that prefer it; every value is escaped.</summary>
    public string Html =>
        $"""
        <!DOCTYPE html>
        <html><head><meta charset="utf-8"><title>{WebUtility.HtmlEncode(Subject)}</title></head>
        <body><h3>{WebUtility.HtmlEncode(Subject)}</h3><pre style="font-size:14px">{WebUtility.HtmlEncode(Text)}</pre></body></html>

        """;

    static string Digest(ImmutableArray<Alert> alerts)
    {
        var text = new StringBuilder($"{alerts.Length} payments were scored as fraud.\n\n");
        foreach (var alert in alerts)
            text.Append(alert.Line).Append('\n');
        return text.ToString();
    }

    static string DigestName(ImmutableArray<Alert> alerts)
    {
        var names = string.Join('\n', alerts.Select(alert => alert.Name));
        return $"digest-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(names)))[..40]}";
    }
}
