namespace Akka.Tests.Persistence.Sql;

/// <summary>A SQLite file of a test's own.</summary>
sealed class SqliteFixture : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akka-persistence-");

    public string ConnectionString => $"Data Source={Path.Combine(_folder.FullName, "journal.db")};Pooling=False";

    public string Hocon =>
        $$"""
        akka.persistence.journal {
          plugin = "akka.persistence.journal.sql"
          sql {
            class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
            provider-name = "SQLite.MS"
            connection-string = "{{ConnectionString}}"
          }
        }
        akka.persistence.snapshot-store {
          plugin = "akka.persistence.snapshot-store.sql"
          sql {
            class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
            provider-name = "SQLite.MS"
            connection-string = "{{ConnectionString}}"
          }
        }
        """;

    public void Dispose() => _folder.Delete(recursive: true);
}
