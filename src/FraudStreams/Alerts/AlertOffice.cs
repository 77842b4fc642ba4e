using System.Collections.Immutable;
using FraudStreams.Monitoring;
using FraudStreams.Topics;

namespace FraudStreams.Alerts;

/// <summary>One way to people.</summary>
/// <param name="Name">What the journal calls it; stays the same when the server behind it changes.</param>
sealed record AlertChannel(string Name, IAlertTransport Transport, ChannelSettings Settings)
{
    public const string Mail = "mail";
    public const string Webhook = "webhook";
}

/// <summary>What the desks of one host share.</summary>
/// <param name="TakeoverWait">How long a host that may have died is left to end what it was sending; zero where it is known to be dead.</param>
sealed record AlertOffice(
    AlertSettings Settings, ImmutableArray<AlertChannel> Channels, ITopics Topics, StreamCounters Counters, AlertGauge Gauge, TimeSpan TakeoverWait,
    TimeProvider Time) : IDisposable
{
    public Deliveries Deliveries { get; } = new();

    /// <summary>Names this process in the journal.</summary>
    public string Holder { get; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    public static ImmutableArray<AlertChannel> ChannelsOf(AlertSettings settings, string dataDirectory, TimeProvider time)
    {
        var channels = ImmutableArray.CreateBuilder<AlertChannel>();
        channels.Add(settings.Mail.Host.Length > 0
            ? new AlertChannel(AlertChannel.Mail, MailTransport.Create(settings.Mail, time), settings.MailChannel)
            : new AlertChannel(
                AlertChannel.Mail,
                new FolderMailTransport(Path.Combine(dataDirectory, settings.Folder), settings.Mail.From, settings.Mail.To, time),
                settings.Unlimited));
        if (settings.Webhook is { } webhook)
            channels.Add(new AlertChannel(AlertChannel.Webhook, new WebhookTransport(webhook, time), settings.Unlimited));
        return channels.ToImmutable();
    }

    public void Dispose()
    {
        foreach (var channel in Channels)
            channel.Transport.Dispose();
    }
}
