using FraudStreams.Configuration;

namespace FraudStreams.WindowStates;

/// <param name="SnapshotEvery">Maximum time between two snapshots of a partition's windows.</param>
/// <param name="SnapshotRecords">Maximum records between two, so that a restart replays no more than that at any rate of payments.</param>
public sealed record WindowStateSettings(TimeSpan SnapshotEvery, int SnapshotRecords)
{
    public static WindowStateSettings From(SettingsSection section) =>
        new(section.Duration("snapshot-every", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)), section.Int("snapshot-records", 1, int.MaxValue));
}
