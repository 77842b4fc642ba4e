namespace Akka.Persistence.Sql.Journal;

internal static class JournalTable
{
    internal static string Make(SqlDatabase database)
    {
        var name = database.TableName;
        var identity = database.IsPostgres ? "bigserial PRIMARY KEY" : "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT";
        return
            $"""
            CREATE TABLE IF NOT EXISTS {database.Table} (
                ordering {identity},
                created {database.BigInteger} NOT NULL,
                deleted {database.Boolean} NOT NULL,
                persistence_id varchar(255) NOT NULL,
                sequence_number {database.BigInteger} NOT NULL,
                message {database.Bytes} NOT NULL,
                manifest varchar(500),
                identifier integer,
                writer_uuid varchar(128));
            CREATE UNIQUE INDEX IF NOT EXISTS {SqlDatabase.Quote(name + "_uq")} ON {database.Table} (persistence_id, sequence_number);
            CREATE INDEX IF NOT EXISTS {SqlDatabase.Quote(name + "_created_idx")} ON {database.Table} (created);
            CREATE INDEX IF NOT EXISTS {SqlDatabase.Quote(name + "_sequence_number_idx")} ON {database.Table} (sequence_number);
            """;
    }
}

/// <summary>One event as the table has it, but for when it was written.</summary>
internal sealed record JournalRow(string PersistenceId, long SequenceNr, byte[] Message, string Manifest, int Identifier, string? WriterUuid)
{
    internal static JournalRow Of(IPersistentRepresentation persistent)
    {
        var (message, identifier) = PayloadText.Write(persistent.Payload);
        return new JournalRow(persistent.PersistenceId, persistent.SequenceNr, message, persistent.Manifest, identifier, persistent.WriterGuid);
    }
}
