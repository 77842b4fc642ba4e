using FraudStreams.Settings;

namespace FraudStreams.Memory;

/// <param name="SnapshotEvery">Between two snapshots of a partition's windows.</param>
public sealed record MemorySettings(TimeSpan SnapshotEvery)
{
    public static MemorySettings From(SettingsSection section) =>
        new(section.Duration("snapshot-every", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)));
}
