using System.Collections.Immutable;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// The log's tables: one for each partition, named topic/partition, whose rowid is the offset; the topics; the groups' committed offsets. Offsets have
/// no gaps, and the newest record of a partition is never removed, so a partition's first and last row give its first and end offset.
/// </summary>
internal static class LogFile
{
    /// <summary>2: records have a column `trace`.</summary>
    const int FormatVersion = 2;
    const int ApplicationId = 0x46725374;
    const int PageSize = 8192;

    /// <summary>Opens the file, and creates it and the topics that are missing.</summary>
    public static SqliteFile OpenOrCreate(EmbeddedLogSettings settings)
    {
        CheckNames(settings.Partitions);
        Directory.CreateDirectory(settings.Folder);
        var file = SqliteFile.Open(settings.File, SqliteAccess.Create, settings.LockTimeout);
        try
        {
            file.UseWriteAheadLog(PageSize);
            Configure(file, settings);
            file.Begin();
            CreateTables(file, settings);
            file.Commit();
            file.BusyTimeout = LogWriter.MaxBlockingWait;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the file for reading records. Any number may be open, and none blocks the writer.</summary>
    public static SqliteFile OpenForReading(EmbeddedLogSettings settings)
    {
        var file = SqliteFile.Open(settings.File, SqliteAccess.ReadWrite, settings.LockTimeout);
        file.Execute("PRAGMA query_only = 1; PRAGMA cache_size = -1024;");
        return file;
    }

    public static void CheckVersion(SqliteFile file)
    {
        var application = file.QueryLong("PRAGMA application_id");
        var version = file.QueryLong("PRAGMA user_version");
        if (application != ApplicationId)
            throw new MessageLogException($"{file.Path} is a SQLite file, but not one of FraudStreams' topics; choose another data folder.");
        if (version > FormatVersion)
        {
            throw new MessageLogException(
                $"{file.Path} was written by a newer FraudStreams (format {version}; this one reads up to {FormatVersion}). Use that version, or another data folder.");
        }
    }

    public static ImmutableSortedDictionary<string, int> Topics(SqliteFile file)
    {
        var topics = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        using var rows = file.Query("SELECT name, partitions FROM topics");
        while (rows.Step()) topics.Add(rows.Text(0), (int)rows.Long(1));
        return topics.ToImmutable();
    }

    public static string Table(TopicPartition partition) => SqliteFile.Quote($"{partition.Topic}/{partition.Partition}");

    static void Configure(SqliteFile file, EmbeddedLogSettings settings)
    {
        var pages = settings.WriteAheadBytes / PageSize;
        file.Execute($"""
            PRAGMA synchronous = {settings.Durability.ToSql()};
            PRAGMA wal_autocheckpoint = {Math.Max(1, pages)};
            PRAGMA journal_size_limit = {settings.WriteAheadBytes};
            PRAGMA cache_size = -8192;
            PRAGMA temp_store = MEMORY;
            """);
        if (settings.MaxFileBytes is { } limit) file.Execute($"PRAGMA max_page_count = {Math.Max(1, limit / PageSize)};");
    }

    static void CreateTables(SqliteFile file, EmbeddedLogSettings settings)
    {
        if (file.QueryLong("SELECT count(*) FROM sqlite_master") > 0)
        {
            CheckVersion(file);
            Upgrade(file);
        }
        else
        {
            file.Execute($"""
                PRAGMA application_id = {ApplicationId};
                PRAGMA user_version = {FormatVersion};
                CREATE TABLE topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE positions (
                    consumers TEXT NOT NULL, topic TEXT NOT NULL, "partition" INTEGER NOT NULL, next_offset INTEGER NOT NULL,
                    PRIMARY KEY (topic, "partition", consumers)) WITHOUT ROWID;
                """);
        }

        var existing = Topics(file);
        foreach (var (topic, partitions) in settings.Partitions)
        {
            if (existing.TryGetValue(topic, out var before))
            {
                if (before == partitions) continue;
                throw new MessageLogException(
                    $"{file.Path}: topic {topic} has {before} partitions, and {partitions} were asked for. The count decides which partition a key is in, "
                    + $"so it cannot change: set it to {before}, or start with another data folder.");
            }

            file.Execute($"INSERT INTO topics VALUES ('{topic}', {partitions})");
            for (var partition = 0; partition < partitions; partition++)
            {
                // The time comes before key and value, so that scanning times does not read long values.
                file.Execute($"""
                    CREATE TABLE {Table(new TopicPartition(topic, partition))} ("offset" INTEGER PRIMARY KEY, time INTEGER NOT NULL, key BLOB, value BLOB, trace TEXT)
                    """);
            }
        }
    }

    /// <summary>What a file of an earlier format lacks. A process of that release which still has the file open cannot write to it any more.</summary>
    static void Upgrade(SqliteFile file)
    {
        if (file.QueryLong("PRAGMA user_version") >= FormatVersion) return;

        foreach (var (topic, partitions) in Topics(file))
        {
            for (var partition = 0; partition < partitions; partition++)
                file.Execute($"ALTER TABLE {Table(new TopicPartition(topic, partition))} ADD COLUMN trace TEXT");
        }

        file.Execute($"PRAGMA user_version = {FormatVersion}");
    }

    static void CheckNames(ImmutableSortedDictionary<string, int> topics)
    {
        foreach (var (topic, partitions) in topics)
        {
            if (topic.Length is 0 or > 200 || !topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
                throw new MessageLogException($"'{topic}' is not a topic name: up to 200 letters, digits, '.', '_' and '-'.");
            if (partitions is < 1 or > 1000)
                throw new MessageLogException($"Topic {topic} cannot have {partitions} partitions: 1 to 1000.");
        }
    }
}
