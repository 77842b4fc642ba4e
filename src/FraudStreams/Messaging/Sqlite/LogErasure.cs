using System.Collections.Immutable;
using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>Whether a record is to be emptied.</summary>
delegate bool RecordMatch(string topic, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

/// <param name="Records">How many were emptied.</param>
/// <param name="NotAnew">Why what they held still stands in freed pages of the file; null where it does not.</param>
sealed record ErasedRecords(long Records, string? NotAnew);

/// <summary>
/// Empties records of the embedded topics that are about somebody: key and value are gone from the file, and offset and time stay, so that no reader misses
/// one. Only while nobody has the topics open.
/// </summary>
static class LogErasure
{
    /// <summary>Run once more it writes the file anew, also where nothing is left to be emptied.</summary>
    /// <exception cref="SqliteFileException">The file cannot be written now; nothing was emptied.</exception>
    public static ErasedRecords Erase(string folder, IEnumerable<string> topics, RecordMatch isAbout)
    {
        var settings = new EmbeddedLogSettings(folder, ImmutableSortedDictionary<string, int>.Empty);
        if (!File.Exists(settings.File))
            return new ErasedRecords(0, null);
        using var file = SqliteFile.Open(settings.File, SqliteAccess.ReadWrite, settings.LockTimeout);
        var wanted = topics.ToHashSet(StringComparer.Ordinal);
        var erased = 0L;
        file.Begin();
        foreach (var (topic, partitions) in LogFile.Topics(file).Where(topic => wanted.Contains(topic.Key)))
        {
            for (var number = 0; number < partitions; number++)
            {
                var table = LogFile.Table(new TopicPartition(topic, number));
                foreach (var offset in Find(file, table, topic, isAbout))
                {
                    using var update = file.Query($"""UPDATE {table} SET key = NULL, value = x'' WHERE "offset" = ?1""");
                    update.Bind(1, offset).Run();
                    erased++;
                }
            }
        }

        file.Commit();
        return new ErasedRecords(erased, file.TryWriteAnew());
    }

    static List<long> Find(SqliteFile file, string table, string topic, RecordMatch isAbout)
    {
        var found = new List<long>();
        using var rows = file.Query($"""SELECT "offset", key, value FROM {table}""");
        while (rows.Step())
        {
            if (isAbout(topic, rows.Bytes(1), rows.Bytes(2)))
                found.Add(rows.Long(0));
        }

        return found;
    }
}
