using Akka.Configuration;
using FraudStreams.Settings;
using FraudStreams.Sqlite;
using FraudStreams.Storage;

namespace FraudStreams.Alerts;

/// <summary>Where the journal of alerts is.</summary>
/// <param name="Postgres">The database and schema; null for a SQLite file in the data folder.</param>
/// <param name="Keep">How long an event stays that nothing rests on any more.</param>
public sealed record AlertJournalSettings(PostgresStoreSettings? Postgres, TimeSpan Keep)
{
    const int PageSize = 4096;

    /// <param name="section">`alerts.journal`.</param>
    /// <param name="postgres">`store.postgresql`: a journal there shares the store's database.</param>
    public static AlertJournalSettings From(SettingsSection section, SettingsSection postgres) => new(
        section.OneOf("kind", "sqlite", "postgresql") == "postgresql" ? PostgresStoreSettings.Read(postgres, Environment.GetEnvironmentVariable) : null,
        section.Duration("keep", TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)));

    /// <summary>What tells Akka.Persistence of it; makes the SQLite file where there is none.</summary>
    public Config ToAkka(string dataDirectory)
    {
        if (Postgres is not null)
            return Plugins("PostgreSQL", Postgres.ToConnectionString(pooling: true), Postgres.Schema);
        Directory.CreateDirectory(dataDirectory);
        var path = Path.Combine(Path.GetFullPath(dataDirectory), "alerts.db");

        // The mode stays with the file: the journal's own connections then wait for one fsync a commit and for no reader.
        using (var file = SqliteFile.Open(path, SqliteAccess.Create, TimeSpan.FromSeconds(10)))
            file.UseWriteAheadLog(PageSize);
        return Plugins("SQLite.MS", $"Data Source=\"{path.Replace("\"", "\"\"")}\";Pooling=False", null);
    }

    static Config Plugins(string provider, string connection, string? schema)
    {
        var (text, named) = (Quoted(connection), schema is null ? "null" : Quoted(schema));
        return ConfigurationFactory.ParseString(
            $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                  provider-name = "{{provider}}"
                  connection-string = {{text}}
                  default.schema-name = {{named}}
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                  provider-name = "{{provider}}"
                  connection-string = {{text}}
                  default.schema-name = {{named}}
                }
              }
            }
            """);
    }

    static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
