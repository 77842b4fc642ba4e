using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <param name="Folder">The data folder; the store is its file fraudstreams.db.</param>
public sealed record SqliteStoreSettings(string Folder)
{
    /// <summary>As for topics: with less than Full, a loss of power can lose rows whose position in `predictions` is committed already.</summary>
    public Durability Durability { get; init; } = Durability.Full;

    /// <summary>How long a write waits for another process's transaction before it fails.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Pages kept in memory. Ids and cards come in no order, so each row touches pages all over two indexes; those that are not here are read again.
    /// </summary>
    public long CacheBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The write-ahead log is moved into the file when it has grown to this; less writes the same index pages more often.</summary>
    public long WriteAheadBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The longest record, in bytes, that is read.</summary>
    public int LongestRecord { get; init; } = 2 * 1024 * 1024;

    /// <summary>The file may not grow past this; null is as far as the disk goes. What is refused at the limit is refused as on a full disk.</summary>
    public long? MaxFileBytes { get; init; }

    internal string File => Path.Combine(Folder, "fraudstreams.db");
}
