using System.Collections.Immutable;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>Records are removed once they are older, or the file holds more, than this; null is no limit. What a group has yet to read always stays.</summary>
public sealed record RetentionSettings(TimeSpan? MaxAge = null, long? MaxBytes = null)
{
    /// <summary>How often the writer checks for records to remove.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Topics from which nothing is removed.</summary>
    public ImmutableArray<string> Kept { get; init; } = [];

    /// <summary>Records removed in one transaction, between two publishes: small enough to delay a publish by some milliseconds only.</summary>
    public int StepRecords { get; init; } = 2000;
}

/// <param name="Folder">The data folder; the log is its file topics.db, and its locks are in the folder locks.</param>
/// <param name="Partitions">The topics with their partition counts. An existing topic keeps the count it was created with.</param>
public sealed record EmbeddedLogSettings(string Folder, ImmutableSortedDictionary<string, int> Partitions)
{
    public Durability Durability { get; init; } = Durability.Full;

    public RetentionSettings Retention { get; init; } = new();

    /// <summary>What of a key decides the partition; null: all of it.</summary>
    public KeyPlace? PlaceOf { get; init; }

    /// <summary>How long a write waits for another process's transaction before it fails.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a reader at the end polls for appends of other processes; appends of this process wake it at once.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a standby process retries to get the group's lock.</summary>
    public TimeSpan StandbyInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Limits of one read, in records and (below) in bytes: they bound the memory of a partition's reader.</summary>
    public int ChunkRecords { get; init; } = 512;

    public int ChunkBytes { get; init; } = 512 * 1024;

    /// <summary>Size at which the write-ahead log is checkpointed into the file; with less, pages are written more often.</summary>
    public long WriteAheadBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Maximum size of the file; null is no limit. At the limit, writes fail as on a full disk.</summary>
    public long? MaxFileBytes { get; init; }

    internal string File => Path.Combine(Folder, "topics.db");
}
