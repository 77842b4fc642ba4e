using Akka.Streams;

namespace FraudStreams.Configuration;

/// <summary>The pause before a failed branch starts again: doubles from <paramref name="Min"/> to <paramref name="Max"/>.</summary>
public sealed record BackoffSettings(TimeSpan Min, TimeSpan Max, double RandomFactor)
{
    public static BackoffSettings From(SettingsSection section)
    {
        var min = section.Duration("min-backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        return new BackoffSettings(min, section.Duration("max-backoff", min, TimeSpan.FromHours(24)), section.Number("random-factor", -1e-9, 1));
    }

    /// <summary>The pauses grow until a branch has held for longer than the longest of them, however long each try takes to fail.</summary>
    public RestartSettings ToRestartSettings() => RestartSettings.Create(Min, Max, RandomFactor).WithMaxRestarts(int.MaxValue, Max);
}
