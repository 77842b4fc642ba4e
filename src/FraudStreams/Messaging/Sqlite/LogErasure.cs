using FraudStreams.Sqlite;

namespace FraudStreams.Messaging.Sqlite;

/// <summary>
/// Empties records of the embedded topics that are about somebody: key and value are gone from the file, and offset and time stay, so that no reader misses
/// one. Only while nobody has the topics open.
/// </summary>
static class LogErasure
{
    /// <param name="keys">Records with one of these keys are emptied, and those in whose value one of <paramref name="texts"/> stands.</param>
    /// <param name="texts">Long enough to be nothing else.</param>
    /// <returns>How many records were emptied.</returns>
    /// <exception cref="SqliteFileException">The file cannot be written now.</exception>
    public static long Erase(string folder, IEnumerable<string> topics, IReadOnlyCollection<string> keys, IReadOnlyCollection<string> texts)
    {
        var settings = new EmbeddedLogSettings(folder, System.Collections.Immutable.ImmutableSortedDictionary<string, int>.Empty);
        if (!File.Exists(settings.File))
            return 0;
        using var file = SqliteFile.Open(settings.File, SqliteAccess.ReadWrite, settings.LockTimeout);
        var wanted = topics.ToHashSet(StringComparer.Ordinal);
        var erased = 0L;
        file.Begin();
        foreach (var (topic, partitions) in LogFile.Topics(file).Where(topic => wanted.Contains(topic.Key)))
        {
            for (var number = 0; number < partitions; number++)
            {
                var table = LogFile.Table(new TopicPartition(topic, number));
                foreach (var key in keys)
                    erased += Run(file, $"UPDATE {table} SET key = NULL, value = x'' WHERE key = ?1", key);
                foreach (var text in texts)
                    erased += Run(file, $"UPDATE {table} SET key = NULL, value = x'' WHERE instr(value, ?1) > 0", text);
            }
        }

        file.Commit();
        file.WriteAnew();
        return erased;
    }

    static long Run(SqliteFile file, string sql, string value)
    {
        using var update = file.Query(sql);
        update.BindBlob(1, System.Text.Encoding.UTF8.GetBytes(value)).Run();
        return file.Changes;
    }
}
