using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <param name="Folder">The data folder; the store is its file fraudstreams.db.</param>
public sealed record SqliteStoreSettings(string Folder)
{
    /// <summary>As for topics: with less than Full, a power failure can lose rows whose offset in `predictions` is committed already.</summary>
    public Durability Durability { get; init; } = Durability.Full;

    /// <summary>How long a write waits for another process's transaction before it fails.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// SQLite's page cache. Ids and cards arrive in no order, so each row touches random pages of two indexes; those not in the cache are read again.
    /// </summary>
    public long CacheBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Size at which the write-ahead log is checkpointed into the file; with less, the same index pages are written more often.</summary>
    public long WriteAheadBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The maximum size of a record, in bytes.</summary>
    public int LongestRecord { get; init; } = 2 * 1024 * 1024;

    /// <summary>Maximum size of the file; null is no limit. At the limit, writes fail as on a full disk.</summary>
    public long? MaxFileBytes { get; init; }

    internal string File => Path.Combine(Folder, "fraudstreams.db");
}
