using Akka.Configuration;
using FraudStreams.Settings;
using FraudStreams.Sqlite;

namespace FraudStreams.Alerts;

/// <summary>Where the journal of alerts is.</summary>
/// <param name="Connection">Of PostgreSQL, without the password; null for a SQLite file in the data folder.</param>
/// <param name="Keep">How long an event stays that nothing rests on any more.</param>
public sealed record AlertJournalSettings(string? Connection, SecretValue Password, TimeSpan Keep)
{
    const string PasswordVariable = "FRAUDSTREAMS_ALERTS_JOURNAL_PASSWORD";
    const int PageSize = 4096;

    public static AlertJournalSettings From(SettingsSection section, Func<string, string?> environment)
    {
        var keep = section.Duration("keep", TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
        var password = SecretValue.Read(PasswordVariable, section, "password-file", environment);
        if (section.OneOf("kind", "sqlite", "postgresql") == "sqlite")
            return new AlertJournalSettings(null, password, keep);
        var connection = section.Text("connection") is { Length: > 0 } text
            ? text
            : throw section.Senseless("connection", "\"Host=…;Database=…;Username=…\" where kind is postgresql");
        if (connection.Contains("password", StringComparison.OrdinalIgnoreCase))
            throw new SettingsException($"{section.PathOf("connection")} must not hold the password: give it in {PasswordVariable} or {section.PathOf("password-file")}");
        return new AlertJournalSettings(connection, password, keep);
    }

    /// <summary>What tells Akka.Persistence of it; makes the SQLite file where there is none.</summary>
    public Config ToAkka(string dataDirectory)
    {
        if (Connection is not null)
            return Plugins("PostgreSQL", Password.IsEmpty ? Connection : $"{Connection.TrimEnd(';')};Password='{Password.Reveal().Replace("'", "''")}'");
        Directory.CreateDirectory(dataDirectory);
        var path = Path.Combine(Path.GetFullPath(dataDirectory), "alerts.db");

        // The mode stays with the file: the journal's own connections then wait for one fsync a commit and for no reader.
        using (var file = SqliteFile.Open(path, SqliteAccess.Create, TimeSpan.FromSeconds(10)))
            file.UseWriteAheadLog(PageSize);
        return Plugins("SQLite.MS", $"Data Source=\"{path.Replace("\"", "\"\"")}\";Pooling=False");
    }

    static Config Plugins(string provider, string connection)
    {
        var text = $"\"{connection.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
        return ConfigurationFactory.ParseString(
            $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                  provider-name = "{{provider}}"
                  connection-string = {{text}}
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                  provider-name = "{{provider}}"
                  connection-string = {{text}}
                }
              }
            }
            """);
    }
}
