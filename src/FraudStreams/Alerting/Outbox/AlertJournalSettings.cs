using Akka.Configuration;
using FraudStreams.Configuration;
using FraudStreams.Storage.Postgres;

namespace FraudStreams.Alerting.Outbox;

/// <summary>Where the outboxes' journal is stored, and how long it keeps events.</summary>
/// <param name="Postgres">The database and schema; null for a SQLite file in the data folder.</param>
/// <param name="Keep">How long events stay that recovery no longer needs.</param>
public sealed record AlertJournalSettings(PostgresStoreSettings? Postgres, TimeSpan Keep)
{
    /// <param name="section">`alerts.journal`.</param>
    /// <param name="postgres">`store.postgresql`: a journal there shares the store's database.</param>
    public static AlertJournalSettings From(SettingsSection section, SettingsSection postgres) => new(
        section.OneOf("kind", "sqlite", "postgresql") == "postgresql" ? PostgresStoreSettings.Read(postgres, Environment.GetEnvironmentVariable) : null,
        section.Duration("keep", TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)));

    /// <summary>The journal's file in a data folder.</summary>
    public static string SqliteFile(string dataDirectory) => Path.Combine(Path.GetFullPath(dataDirectory), "alerts.db");

    /// <summary>The configuration of Akka.Persistence. Opens nothing: <see cref="AlertJournalTables"/> creates the tables.</summary>
    public Config ToAkka(string dataDirectory)
    {
        var (provider, connection) = Postgres is null
            ? ("SQLite.MS", $"Data Source=\"{SqliteFile(dataDirectory).Replace("\"", "\"\"")}\"")
            : ("PostgreSQL", Postgres.ToConnectionString(pooling: true));
        var database =
            $$"""
            provider-name = "{{provider}}"
                  connection-string = {{Quoted(connection)}}
                  default.schema-name = {{(Postgres is null ? "null" : Quoted(Postgres.Schema))}}
                  # AlertJournalTables creates the tables.
                  auto-initialize = false
                  # After some failures the database is not called: not for a minute, as by default, but about as long as alerts wait anyway.
                  circuit-breaker { max-failures = 5, call-timeout = 20s, reset-timeout = 2s }
            """;

        // A SQLite file has one writer at a time: another connection that writes sleeps 150 ms on a thread of the pool before it looks again. With one, what
        // comes while it writes goes into its next transaction.
        var writers = Postgres is null ? "parallelism = 1" : "";
        return ConfigurationFactory.ParseString(
            $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                  # No tags are written: in this mode an event is one row and one round trip, not two.
                  tag-write-mode = Csv
                  recovery-event-timeout = 20s
                  # By default recovery drops the events of a writer that wrote before another one did, silently. A writer here is a process, which may
                  # well close an outbox and open it again later; that no two write at once is ensured by the unique sequence numbers.
                  replay-filter.mode = off
                  {{writers}}
                  {{database}}
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                  {{database}}
                }
              }
            }
            """);
    }

    static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
