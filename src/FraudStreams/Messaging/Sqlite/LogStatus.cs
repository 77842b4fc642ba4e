using System.Collections.Immutable;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>The log's topics and its groups' lag, read while another process may be writing.</summary>
internal static class LogStatus
{
    /// <summary>Null if there is no log: reading creates no file and no folder.</summary>
    public static MessageLogStatus? Read(string path, TimeSpan busyTimeout)
    {
        if (!File.Exists(path)) return null;

        using var file = SqliteFile.Open(path, SqliteAccess.ReadWrite, busyTimeout);
        file.Execute("PRAGMA query_only = 1; BEGIN");
        if (file.QueryLong("SELECT count(*) FROM sqlite_master") == 0) return null;

        LogFile.CheckVersion(file);
        var ends = new Dictionary<TopicPartition, long>();
        var topics = ImmutableArray.CreateBuilder<TopicStatus>();
        foreach (var (topic, partitions) in LogFile.Topics(file))
        {
            var (appended, kept) = (0L, 0L);
            for (var number = 0; number < partitions; number++)
            {
                var partition = new TopicPartition(topic, number);
                var (first, end) = Bounds(file, partition);
                ends[partition] = end;
                appended += end;
                kept += end - first;
            }

            topics.Add(new TopicStatus(topic, partitions, appended, kept));
        }

        return new MessageLogStatus(topics.ToImmutable(), Groups(file, ends));
    }

    static (long First, long End) Bounds(SqliteFile file, TopicPartition partition)
    {
        using var bounds = file.Query($"""
            SELECT (SELECT min("offset") FROM {LogFile.Table(partition)}), (SELECT max("offset") FROM {LogFile.Table(partition)})
            """);
        return bounds.Step() && !bounds.IsNull(0) ? (bounds.Long(0), bounds.Long(1) + 1) : (0, 0);
    }

    /// <summary>An offset committed for a source that is no topic (a file) has no end to lag behind: its lag is 0.</summary>
    static ImmutableArray<GroupLag> Groups(SqliteFile file, Dictionary<TopicPartition, long> ends)
    {
        var lags = new SortedDictionary<(string Group, string Topic), (long Position, long Lag)>();
        using var rows = file.Query("""SELECT consumers, topic, "partition", next_offset FROM positions""");
        while (rows.Step())
        {
            var partition = new TopicPartition(rows.Text(1), (int)rows.Long(2));
            var position = rows.Long(3);
            var (positions, lag) = lags.GetValueOrDefault((rows.Text(0), partition.Topic));
            lags[(rows.Text(0), partition.Topic)] = (positions + position, lag + Math.Max(0, ends.GetValueOrDefault(partition, position) - position));
        }

        return [.. lags.Select(entry => new GroupLag(entry.Key.Group, entry.Key.Topic, entry.Value.Position, entry.Value.Lag))];
    }
}
