using FraudStreams.Configuration;

namespace FraudStreams.ModelOps.Registry;

/// <param name="Approvals">How many others have to approve before a version goes into service.</param>
public sealed record RegistrySettings(int Approvals, ProbationSettings Probation)
{
    public static RegistrySettings From(SettingsSection section) => new(section.Int("approvals", 0, 10), ProbationSettings.From(section.Section("probation")));
}

/// <summary>When a version that was just put into service is replaced by the one before it at once.</summary>
/// <param name="Time">How long it is watched, and the one before scores in its shadow; zero: not at all.</param>
/// <param name="Errors">The share of its batches that may fail, and of those that may take longer than <paramref name="Latency"/>.</param>
/// <param name="Latency">Of scoring a batch.</param>
/// <param name="Alerts">It may predict so many times as many frauds, or as few, as the one before does of the same payments.</param>
public sealed record ProbationSettings(TimeSpan Time, double Errors, TimeSpan Latency, double Alerts)
{
    public static ProbationSettings From(SettingsSection section) => new(
        section.Duration("time", TimeSpan.Zero, TimeSpan.FromDays(90)),
        section.Share("errors"),
        section.Duration("latency", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
        section.Number("alerts", 1, 1000));
}
