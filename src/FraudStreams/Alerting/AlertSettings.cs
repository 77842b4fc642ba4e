using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Alerting.Outbox;
using FraudStreams.Configuration;

namespace FraudStreams.Alerting;

/// <param name="Parallel">Messages in flight at once, per channel.</param>
/// <param name="Waiting">Maximum of pending alerts per partition, held in memory; above it the partition's predictions are not consumed.</param>
/// <param name="Template">A file with the text (<see cref="AlertTemplate"/>), or null for the default.</param>
/// <param name="Folder">Where .eml files go when no mail server is named; relative to the data folder.</param>
/// <param name="Mail">The mail server; no host means that there is none.</param>
/// <param name="MailsPerMinute">Maximum of mails a minute, per partition; null for no limit.</param>
/// <param name="DigestSize">Maximum of alerts in one mail.</param>
/// <param name="Retry">Backoff for a failed message and for an unavailable server.</param>
public sealed record AlertSettings(
    int Parallel, int Waiting, string? Template, string Folder, MailSettings Mail, int? MailsPerMinute, int DigestSize, TimeSpan CardWindow,
    WebhookSettings? Webhook, BackoffSettings Retry, AlertJournalSettings Journal)
{
    /// <summary>Many times more than can be in flight between an alert that is persisted and the offset that is committed after it.</summary>
    const int SettledIdsKept = 20_000;

    /// <summary>Files written at once, before their outcome is persisted.</summary>
    const int FilesAtOnce = 64;

    /// <summary>Ids of alerted transactions that each outbox keeps, to drop duplicates.</summary>
    public int MaxKnownIds => Waiting + SettledIdsKept;

    public TimeSpan JournalKeep => Journal.Keep;

    public ChannelSettings MailChannel => new(Parallel, MailsPerMinute, DigestSize, CardWindow, Retry);

    /// <summary>For a channel that a program reads: no rate limit, no digests.</summary>
    public ChannelSettings Unlimited => new(Parallel, null, 1, TimeSpan.Zero, Retry);

    /// <summary>A file that is written again replaces itself, so many in flight do no harm when the process dies.</summary>
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
            section.FilledText("folder", "a folder"),
            MailSettings.Read(mail, Environment.GetEnvironmentVariable),
            mail.Text("per-minute") == "unlimited" ? null : mail.Int("per-minute", 1, 100_000),
            mail.Int("digest", 1, 1000),
            mail.Duration("card-window", TimeSpan.Zero, TimeSpan.FromDays(1)),
            WebhookSettings.Read(section.Section("webhook"), Environment.GetEnvironmentVariable),
            BackoffSettings.From(section.Section("retry"), isRandom: false),
            AlertJournalSettings.From(section.Section("journal"), postgres));
    }
}
