using FraudStreams.Configuration;

namespace FraudStreams.Alerting.Channels;

/// <summary>Concurrency, rate and backoff of one channel.</summary>
/// <param name="Parallel">Messages in flight at once.</param>
/// <param name="PerMinute">Messages a minute, per partition; null for no limit. Alerts above this rate go out in digests.</param>
/// <param name="DigestSize">Maximum of alerts in one message.</param>
/// <param name="CardWindow">How long after a message about a card its further alerts are held, to go out as one message; zero for not at all.</param>
public sealed record ChannelSettings(int Parallel, int? PerMinute, int DigestSize, TimeSpan CardWindow, RetrySettings Retry);

/// <summary>Exponential backoff: doubles with each failure in a row, from <paramref name="Min"/> to <paramref name="Max"/>.</summary>
public sealed record RetrySettings(TimeSpan Min, TimeSpan Max)
{
    public static RetrySettings From(SettingsSection section)
    {
        var min = section.Duration("min-backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        return new RetrySettings(min, section.Duration("max-backoff", min, TimeSpan.FromHours(24)));
    }

    public TimeSpan Pause(int failures) => Min * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)) is var pause && pause < Max ? pause : Max;
}
