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
        var ends = new Dictionary<string, long[]>(StringComparer.Ordinal);
        var topics = ImmutableArray.CreateBuilder<TopicStatus>();
        foreach (var (topic, partitions) in LogFile.Topics(file))
        {
            var (appended, kept) = (0L, 0L);
            ends[topic] = new long[partitions];
            for (var number = 0; number < partitions; number++)
            {
                var partition = new TopicPartition(topic, number);
                var (first, end) = Bounds(file, partition);
                ends[topic][number] = end;
                appended += end;
                kept += end - first;
            }

            topics.Add(new TopicStatus(topic, partitions, appended, kept));
        }

        var byPartition = ImmutableArray.CreateBuilder<PartitionLag>();
        return new MessageLogStatus(topics.ToImmutable(), Groups(file, ends, byPartition)) { ByPartition = byPartition.ToImmutable() };
    }

    static (long First, long End) Bounds(SqliteFile file, TopicPartition partition)
    {
        using var bounds = file.Query($"""
            SELECT (SELECT min("offset") FROM {LogFile.Table(partition)}), (SELECT max("offset") FROM {LogFile.Table(partition)})
            """);
        return bounds.Step() && !bounds.IsNull(0) ? (bounds.Long(0), bounds.Long(1) + 1) : (0, 0);
    }

    /// <summary>An offset committed for a source that is no topic (a file) has no end to lag behind: its lag is 0.</summary>
    static ImmutableArray<GroupLag> Groups(SqliteFile file, Dictionary<string, long[]> ends, ImmutableArray<PartitionLag>.Builder byPartition)
    {
        var lags = new List<GroupLag>();
        using var rows = file.Query("""SELECT consumers, topic, "partition", next_offset FROM positions ORDER BY consumers, topic""");
        while (rows.Step())
        {
            var (group, topic, partition, position) = (rows.Text(0), rows.Text(1), (int)rows.Long(2), rows.Long(3));
            var isTopic = ends.TryGetValue(topic, out var of) && partition < of.Length;
            var lag = isTopic ? Math.Max(0, of![partition] - position) : 0;
            if (isTopic)
                byPartition.Add(new PartitionLag(group, new TopicPartition(topic, partition), lag, of![partition]));
            if (lags is [.., var last] && last.Group == group && last.Topic == topic)
                lags[^1] = last with { Position = last.Position + position, Lag = last.Lag + lag };
            else
                lags.Add(new GroupLag(group, topic, position, lag));
        }

        return [.. lags];
    }
}
