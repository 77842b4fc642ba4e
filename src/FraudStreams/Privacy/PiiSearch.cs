using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Storage.Postgres;
using FraudStreams.Topics;
using Npgsql;

namespace FraudStreams.Privacy;

/// <summary>Where an installation keeps what it writes.</summary>
/// <param name="DataDirectory">Embedded topics, store, snapshots, journal, mails, models.</param>
/// <param name="Topics">The topics to read.</param>
/// <param name="Records">The retained records of a topic.</param>
/// <param name="Postgres">The database of store or journal; null where neither is there.</param>
/// <param name="Files">Logs, saved metrics, exports: what was written elsewhere.</param>
sealed record PiiPlaces(
    string DataDirectory, IReadOnlyList<string> Topics, Func<string, CancellationToken, IAsyncEnumerable<TopicRecord>> Records, PostgresStoreSettings? Postgres, IReadOnlyList<string> Files);

/// <summary>Searches all places of an installation (<see cref="PiiAudit"/>).</summary>
static class PiiSearch
{
    const string TopicsFile = "topics.db", JournalFile = "alerts.db";

    /// <summary>Of the journal of alerts where it is on PostgreSQL, beside the store's.</summary>
    static readonly string[] s_journalTables = ["journal", "snapshot"];

    /// <exception cref="MessageLogException">A topic cannot be read; likewise <see cref="NpgsqlException"/> and <see cref="IOException"/>: what was not searched is not clean.</exception>
    public static async Task<PiiReport> RunAsync(TransactionSchema schema, PiiPlaces places, CancellationToken cancellationToken)
    {
        var audit = new PiiAudit(schema);
        await TopicsAsync(audit, places, places.Topics.Where(PiiAudit.IsOfPayments), cancellationToken);
        audit.KnowSecrets();
        await TopicsAsync(audit, places, places.Topics.Where(topic => !PiiAudit.IsOfPayments(topic)), cancellationToken);
        if (Directory.Exists(places.DataDirectory))
        {
            foreach (var path in Directory.EnumerateFiles(places.DataDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);

                // SQLite's own beside a database, and locks of processes that run, which are empty.
                if (name.EndsWith("-wal", StringComparison.Ordinal) || name.EndsWith("-shm", StringComparison.Ordinal) || name.EndsWith(".lock", StringComparison.Ordinal) || name == TopicsFile)
                    continue;
                if (Path.GetExtension(path) == ".db")
                    audit.Database(path, isJournal: name == JournalFile);
                else
                    await audit.FileAsync(path, Path.GetRelativePath(places.DataDirectory, path), isOutside: false, cancellationToken);
            }
        }

        foreach (var path in places.Files)
        {
            await audit.FileAsync(path, path, isOutside: true, cancellationToken);
        }

        if (places.Postgres is { } postgres)
            await TablesAsync(audit, postgres, cancellationToken);
        return audit.Report();
    }

    static async Task TopicsAsync(PiiAudit audit, PiiPlaces places, IEnumerable<string> topics, CancellationToken cancellationToken)
    {
        foreach (var topic in topics)
        {
            audit.Place();
            await foreach (var record in places.Records(topic, cancellationToken))
                audit.Record($"topic {topic}", topic, record.Key.Span, record.Value.Span);
        }
    }

    static async Task TablesAsync(PiiAudit audit, PostgresStoreSettings settings, CancellationToken cancellationToken)
    {
        await using var connection = settings.ToConnection();
        await connection.OpenAsync(cancellationToken);
        var tables = new List<string>();
        await using (var names = new NpgsqlCommand("SELECT table_name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'BASE TABLE' ORDER BY 1", connection))
        {
            names.Parameters.AddWithValue(settings.Schema);
            await using var rows = await names.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                tables.Add(rows.GetString(0));
        }

        foreach (var table in tables)
        {
            var (place, isJournal) = ($"PostgreSQL, table {settings.Schema}.{table}", s_journalTables.Contains(table));
            audit.Place();
            await using var all = new NpgsqlCommand($"SELECT * FROM {Quote(settings.Schema)}.{Quote(table)}", connection) { CommandTimeout = 0 };
            await using var rows = await all.ExecuteReaderAsync(System.Data.CommandBehavior.SequentialAccess, cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                for (var column = 0; column < rows.FieldCount; column++)
                {
                    var (isText, isBytes) = (rows.GetFieldType(column) == typeof(string), rows.GetFieldType(column) == typeof(byte[]));
                    if ((!isText && !isBytes) || await rows.IsDBNullAsync(column, cancellationToken))
                        continue;
                    var content = isText ? Encoding.UTF8.GetBytes(rows.GetString(column)) : rows.GetFieldValue<byte[]>(column);
                    if (isJournal)
                        audit.Journal(place, content);
                    else
                        audit.Bytes(place, content);
                }
            }
        }

        static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
