using FraudStreams.Configuration;

namespace FraudStreams.Alerting.Channels;

/// <summary>Concurrency, rate and backoff of one channel.</summary>
/// <param name="Parallel">Messages in flight at once.</param>
/// <param name="PerMinute">Messages a minute, per partition; null for no limit. Alerts above this rate go out in digests.</param>
/// <param name="DigestSize">Maximum of alerts in one message.</param>
/// <param name="CardWindow">How long after a message about a card its further alerts are held, to go out as one message; zero for not at all.</param>
public sealed record ChannelSettings(int Parallel, int? PerMinute, int DigestSize, TimeSpan CardWindow, BackoffSettings Retry);
