using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;

namespace FraudStreams.Alerting;

/// <param name="Parallel">Messages under way at once, of each channel.</param>
/// <param name="Waiting">Most alerts of a partition that wait in memory; past that its predictions wait in their topic.</param>
/// <param name="Template">A file with the text (<see cref="AlertTemplate"/>), or null for the default.</param>
/// <param name="Folder">Where .eml files go when no mail server is named; relative to the data folder.</param>
/// <param name="Mail">The mail server; no host means that there is none.</param>
/// <param name="MailsPerMinute">Most mails a minute, of each partition; null for no limit.</param>
/// <param name="DigestSize">Most alerts of one mail.</param>
/// <param name="Retry">The pause after a failed message or of a server that cannot be used.</param>
public sealed record AlertSettings(
    int Parallel, int Waiting, string? Template, string Folder, MailSettings Mail, int? MailsPerMinute, int DigestSize, TimeSpan CardWindow,
    WebhookSettings? Webhook, RetrySettings Retry, AlertJournalSettings Journal)
{
    /// <summary>More than can be under way between a prediction's alert and its position, many times over.</summary>
    const int RememberSettled = 20_000;

    /// <summary>Files that are written before their outcome is noted.</summary>
    const int FilesAtOnce = 64;

    /// <summary>Transactions of which it is known that they were alerted.</summary>
    public int Remember => Waiting + RememberSettled;

    public TimeSpan JournalKeep => Journal.Keep;

    public ChannelSettings MailChannel => new(Parallel, MailsPerMinute, DigestSize, CardWindow, Retry);

    /// <summary>Of a channel at which no person reads: everything at once, one by one.</summary>
    public ChannelSettings Unlimited => new(Parallel, null, 1, TimeSpan.Zero, Retry);

    /// <summary>A file that is written again replaces itself, so that many at once do no harm when a process dies among them.</summary>
    public ChannelSettings Files => Unlimited with { Parallel = FilesAtOnce };

    /// <param name="section">`alerts`.</param>
    /// <param name="postgres">`store.postgresql`.</param>
    public static AlertSettings From(SettingsSection section, SettingsSection postgres)
    {
        var mail = section.Section("mail");
        return new AlertSettings(
            section.Int("parallel", 1, 256),
            section.Int("waiting", 100, 1_000_000),
            section.Text("template") is { Length: > 0 } file ? file : null,
            section.Text("folder") is { Length: > 0 } folder ? folder : throw section.Senseless("folder", "a folder"),
            MailSettings.Read(mail, Environment.GetEnvironmentVariable),
            mail.Text("per-minute") == "unlimited" ? null : mail.Int("per-minute", 1, 100_000),
            mail.Int("digest", 1, 1000),
            mail.Duration("card-window", TimeSpan.Zero, TimeSpan.FromDays(1)),
            WebhookSettings.Read(section.Section("webhook"), Environment.GetEnvironmentVariable),
            RetrySettings.From(section.Section("retry")),
            AlertJournalSettings.From(section.Section("journal"), postgres));
    }
}
