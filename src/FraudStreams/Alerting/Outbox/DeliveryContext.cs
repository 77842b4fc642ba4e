using System.Collections.Concurrent;
using System.Collections.Immutable;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Files;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Alerting.Channels.Webhook;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Alerting.Outbox;

/// <summary>One way to deliver alerts.</summary>
/// <param name="Name">Its name in the journal; stays the same when the server behind it changes.</param>
sealed record AlertChannel(string Name, IAlertTransport Transport, ChannelSettings Settings)
{
    public const string Mail = "mail";
    public const string Webhook = "webhook";
}

/// <summary>What the outboxes of one host share.</summary>
sealed record DeliveryContext(
    AlertSettings Settings, AlertTemplate Template, ImmutableArray<AlertChannel> Channels, IMessageLog Topics, StreamMetrics Metrics, PendingAlerts Pending, DeliveredAlerts Delivered,
    TimeProvider Time) : IDisposable
{
    readonly ConcurrentDictionary<int, DeliveryLog> _logs = [];
    readonly ConcurrentDictionary<string, ErrorThrottle> _errors = [];
    readonly (DateTimeOffset At, long Timestamp) _started = (Time.GetUtcNow(), Time.GetTimestamp());

    const string JournalName = "The journal of alerts";

    /// <summary>How long a closing outbox still starts deliveries.</summary>
    public static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(5);

    /// <summary>How long another host gets to finish what it has in flight and persist the outcomes.</summary>
    public TimeSpan TakeoverWait => Channels.Max(channel => channel.Transport.Timeout) + ClosingTime + TimeSpan.FromSeconds(2);

    /// <summary>Takes the lines of outages: one outage is one, however many partitions meet it.</summary>
    public ILogger Log { get; init; } = NullLogger.Instance;

    /// <param name="what">What fails, as a line of the log begins.</param>
    public ErrorThrottle ErrorsOf(string what) => _errors.GetOrAdd(what, name => new ErrorThrottle(Log, name, Time));

    /// <summary>A channel cannot be used.</summary>
    public void Failed(AlertChannel channel, string why)
    {
        Pending.Failed(channel.Name, why, Time);
        ErrorsOf(channel.Transport.Channel).Warn($"it cannot be used: {why.TrimEnd('.')}. {Pending.Waiting:N0} alerts wait, and it is tried again");
    }

    /// <summary>The journal cannot be opened, read or written.</summary>
    public void JournalFailed(string why)
    {
        Pending.Failed(PendingAlerts.Journal, why, Time);
        ErrorsOf(JournalName).Warn($"{why.TrimEnd('.')}. Alerts wait, and it is tried again");
    }

    public void Worked(AlertChannel channel)
    {
        Pending.Worked(channel.Name);
        ErrorsOf(channel.Transport.Channel).Over();
    }

    public void JournalWorked()
    {
        Pending.Worked(PendingAlerts.Journal);
        ErrorsOf(JournalName).Over();
    }

    public InFlightDeliveries InFlight { get; } = new();

    public ConcurrencyLimiter Concurrency { get; } = new();

    public DeliveryLog LogOf(int partition) => _logs.GetOrAdd(partition, number => new DeliveryLog(Topics, Template, number));

    /// <summary>The time since this process started, behind its start: unlike the machine's clock it goes on evenly.</summary>
    public DateTimeOffset SteadyNow => _started.At + Time.GetElapsedTime(_started.Timestamp);

    /// <summary>This process's name in the journal.</summary>
    public string Holder { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>False for a process of this machine that has exited, and for an earlier process with this one's name.</summary>
    public bool MayStillSend(string holder)
    {
        if (holder == Holder)
            return false;
        if (!holder.StartsWith($"{Environment.MachineName}:", StringComparison.Ordinal) || !int.TryParse(holder[(holder.LastIndexOf(':') + 1)..], out var id))
            return true;
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    public static ImmutableArray<AlertChannel> ChannelsOf(AlertSettings settings, AlertTemplate template, string dataDirectory, TimeProvider time)
    {
        var channels = ImmutableArray.CreateBuilder<AlertChannel>();
        channels.Add(settings.Mail.Host.Length > 0
            ? new AlertChannel(AlertChannel.Mail, new MailKitTransport(settings.Mail, template, time), settings.MailChannel)
            : new AlertChannel(
                AlertChannel.Mail,
                new FolderMailTransport(Path.Combine(dataDirectory, settings.Folder), settings.Mail.From, settings.Mail.To, template, time),
                settings.Files));
        if (settings.Webhook is { } webhook)
            channels.Add(new AlertChannel(AlertChannel.Webhook, new WebhookTransport(webhook, template, time), settings.Unlimited));
        return channels.ToImmutable();
    }

    public void Dispose()
    {
        foreach (var channel in Channels)
            channel.Transport.Dispose();
    }
}
