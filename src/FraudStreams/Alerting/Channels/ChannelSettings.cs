using FraudStreams.Configuration;

namespace FraudStreams.Alerting.Channels;

/// <summary>How one channel is used: how much at once, how often, and when again after a failure.</summary>
/// <param name="Parallel">Messages under way at once.</param>
/// <param name="PerMinute">Messages a minute, of each partition; null for no limit. What comes faster goes out in digests.</param>
/// <param name="DigestSize">Most alerts of one message.</param>
/// <param name="CardWindow">For so long after a message about a card, further alerts of that card wait, to go out as one; zero for no wait.</param>
public sealed record ChannelSettings(int Parallel, int? PerMinute, int DigestSize, TimeSpan CardWindow, RetrySettings Retry);

/// <summary>The pause after a failure: doubles with each in a row, from <paramref name="Min"/> to <paramref name="Max"/>.</summary>
public sealed record RetrySettings(TimeSpan Min, TimeSpan Max)
{
    public static RetrySettings From(SettingsSection section)
    {
        var min = section.Duration("min-backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        return new RetrySettings(min, section.Duration("max-backoff", min, TimeSpan.FromHours(24)));
    }

    public TimeSpan Pause(int failures) => Min * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)) is var pause && pause < Max ? pause : Max;
}
