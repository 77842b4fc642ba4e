namespace Akka.Streams;

/// <summary>
/// How long a restart waits: the minimum, doubled each time up to the maximum, and up to the random factor more.
/// A graph that ran for longer than <see cref="MaxRestartsWithin"/> starts from the minimum again.
/// </summary>
public class RestartSettings
{
    RestartSettings(TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxRestarts, TimeSpan maxRestartsWithin) =>
        (MinBackoff, MaxBackoff, RandomFactor, MaxRestarts, MaxRestartsWithin) =
        (minBackoff, maxBackoff, randomFactor, maxRestarts, maxRestartsWithin);

    public TimeSpan MinBackoff { get; }

    public TimeSpan MaxBackoff { get; }

    public double RandomFactor { get; }

    public int MaxRestarts { get; }

    public TimeSpan MaxRestartsWithin { get; }

    public static RestartSettings Create(TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor) =>
        new(minBackoff, maxBackoff, randomFactor, int.MaxValue, minBackoff);

    public RestartSettings WithMaxRestarts(int count, TimeSpan within) => new(MinBackoff, MaxBackoff, RandomFactor, count, within);
}
