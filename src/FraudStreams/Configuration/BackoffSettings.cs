namespace FraudStreams.Configuration;

/// <summary>Exponential backoff: the pause before the next try doubles with each failure in a row, from <paramref name="Min"/> to <paramref name="Max"/>.</summary>
/// <param name="RandomFactor">Up to this share is added at random, so that hosts do not try at the same moment: for what is restarted.</param>
public sealed record BackoffSettings(TimeSpan Min, TimeSpan Max, double RandomFactor = 0)
{
    /// <summary>Reads `min-backoff`, `max-backoff` and, where <paramref name="isRandom"/>, `random-factor`.</summary>
    public static BackoffSettings From(SettingsSection section, bool isRandom)
    {
        var min = section.Duration("min-backoff", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        return new BackoffSettings(min, section.Duration("max-backoff", min, TimeSpan.FromHours(24)), isRandom ? section.Number("random-factor", -1e-9, 1) : 0);
    }

    /// <param name="failures">In a row, at least 1.</param>
    public TimeSpan Pause(int failures) => Min * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)) is var pause && pause < Max ? pause : Max;
}
