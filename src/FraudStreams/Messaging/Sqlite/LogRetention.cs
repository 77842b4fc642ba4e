using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Removes old records, one step per call, oldest first; never records that a group has yet to read, and never the newest record of a partition. Freed
/// pages are reused by later records: the file stops growing, but does not shrink.
/// </summary>
internal static class LogRetention
{
    /// <summary>Removes the records of at most one step; true if there may be more to remove.</summary>
    public static bool RemoveStep(SqliteFile file, RetentionSettings settings, DateTimeOffset now)
    {
        if (settings.MaxAge is null && settings.MaxBytes is null) return false;

        file.Begin();
        var more = FindOldest(file, settings, now) is { } oldest && Remove(file, oldest, settings.StepRecords);
        file.Commit();
        return more;
    }

    readonly record struct Removable(TopicPartition Partition, long FirstTime, long Before);

    /// <summary>The partition whose first record is the oldest removable one, and the first offset to keep.</summary>
    static Removable? FindOldest(SqliteFile file, RetentionSettings settings, DateTimeOffset now)
    {
        var tooLarge = settings.MaxBytes is { } bytes && UsedBytes(file) > bytes;
        var tooOld = settings.MaxAge is { } age ? (now - age).ToUnixTimeMilliseconds() : long.MinValue;
        Removable? oldest = null;
        foreach (var (topic, partitions) in LogFile.Topics(file).Where(topic => !settings.Kept.Contains(topic.Key)))
        {
            for (var number = 0; number < partitions; number++)
            {
                var partition = new TopicPartition(topic, number);
                if (FindIn(file, partition, tooLarge ? long.MaxValue : tooOld, settings.StepRecords) is { } found
                    && (oldest is null || found.FirstTime < oldest.Value.FirstTime))
                {
                    oldest = found;
                }
            }
        }

        return oldest;
    }

    static Removable? FindIn(SqliteFile file, TopicPartition partition, long olderThan, int step)
    {
        var table = LogFile.Table(partition);
        using var needed = file.Query("""SELECT min(next_offset) FROM positions WHERE topic = ? AND "partition" = ?""");
        var firstNeeded = needed.Bind(1, partition.Topic).Bind(2, partition.Partition).LongOr(long.MaxValue);
        using var first = file.Query($"""SELECT "offset", time FROM {table} ORDER BY "offset" LIMIT 1""");
        if (!first.Step()) return null;

        var (offset, time) = (first.Long(0), first.Long(1));
        first.Reset();
        var last = file.QueryLong($"""SELECT max("offset") FROM {table}""");
        using var young = file.Query($"""
            SELECT min("offset") FROM (SELECT "offset", time FROM {table} ORDER BY "offset" LIMIT {step}) WHERE time >= ?
            """);
        var firstYoung = young.Bind(1, olderThan).LongOr(long.MaxValue);
        var before = Math.Min(Math.Min(firstNeeded, last), Math.Min(firstYoung, offset + step));
        return before > offset ? new Removable(partition, time, before) : null;
    }

    static bool Remove(SqliteFile file, Removable removable, int step)
    {
        file.Execute($"""DELETE FROM {LogFile.Table(removable.Partition)} WHERE "offset" < {removable.Before}""");
        return step > 0;
    }

    static long UsedBytes(SqliteFile file) =>
        (file.QueryLong("PRAGMA page_count") - file.QueryLong("PRAGMA freelist_count")) * file.QueryLong("PRAGMA page_size");
}
