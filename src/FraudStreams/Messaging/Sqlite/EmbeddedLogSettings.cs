using System.Collections.Immutable;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>Records may be removed once they are older, or the whole file holds more, than this; null keeps them. Never what a group has yet to read.</summary>
public sealed record RetentionSettings(TimeSpan? MaxAge = null, long? MaxBytes = null)
{
    /// <summary>How often the writer looks for records to remove.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Records removed in one transaction, between two publishes: small enough that nobody waits for it (some milliseconds).</summary>
    public int StepRecords { get; init; } = 2000;
}

/// <param name="Folder">The data folder; the log is its file topics.db, and its locks are in the folder locks.</param>
/// <param name="Partitions">The topics and how many partitions each has. A topic that exists keeps the number it was made with.</param>
public sealed record EmbeddedLogSettings(string Folder, ImmutableSortedDictionary<string, int> Partitions)
{
    public Durability Durability { get; init; } = Durability.Full;

    public RetentionSettings Retention { get; init; } = new();

    /// <summary>How long a write waits for another process's transaction before it fails.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a reader that has read everything looks for what other processes appended; this process's own appends wake it at once.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a process that found a group taken tries again.</summary>
    public TimeSpan StandbyInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A reader takes at most so many records, and stops after so many bytes, at a time: this bounds what a partition holds in memory.</summary>
    public int ChunkRecords { get; init; } = 512;

    public int ChunkBytes { get; init; } = 512 * 1024;

    /// <summary>The write-ahead log is moved into the file when it has grown to this; less makes every page written twice as often.</summary>
    public long WriteAheadBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The file may not grow past this; null is as far as the disk goes. What is refused at the limit is refused as on a full disk.</summary>
    public long? MaxFileBytes { get; init; }

    internal string File => Path.Combine(Folder, "topics.db");
}
