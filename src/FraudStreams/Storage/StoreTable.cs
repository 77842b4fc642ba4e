using FraudStreams.Model.Schema;
using FraudStreams.Sqlite;

namespace FraudStreams.Storage;

/// <summary>
/// The table `transactions`: a typed column for every field of the schema, in its order, and then what is known of the payment beside it. The source's
/// label keeps its own column; what is confirmed later goes to true_value.
/// </summary>
/// <remarks>
/// Rows lie in the order they came, beside a unique index on the id: with the id as the table's own key every row would be written to a random place.
/// </remarks>
internal sealed class StoreTable(TransactionSchema schema)
{
    const int FormatVersion = 1;
    const int ApplicationId = 0x46725372;

    // A row dirties a page of the id index and one of the card index, somewhere: larger pages write more for it, smaller ones make deeper trees.
    const int PageSize = 4096;

    readonly List<(string Name, string Type)> _columns =
    [
        .. schema.Fields.Select(field => (field.Name, TypeOf(field.Type))),
        ("score", "REAL"), ("prediction", "INTEGER"), ("model_version", "TEXT"), ("scored_at", "INTEGER"), ("true_value", "INTEGER"),
    ];

    /// <summary>Opens the file, makes the table where there is none, and refuses a table that was made for other fields.</summary>
    public SqliteFile OpenOrCreate(SqliteStoreSettings settings)
    {
        Directory.CreateDirectory(settings.Folder);
        var file = SqliteFile.Open(settings.File, SqliteAccess.Create, settings.LockTimeout);
        try
        {
            file.UseWriteAheadLog(PageSize);
            Configure(file, settings);
            file.Begin();
            CreateOrCheck(file);
            file.Commit();
            file.Patience = PredictionStore.PatienceOnThread;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static void CheckVersion(SqliteFile file)
    {
        if (file.QueryLong("PRAGMA application_id") != ApplicationId)
            throw new StoreException($"{file.Path} is a SQLite file, but not FraudStreams' store; choose another data folder.");
        var version = file.QueryLong("PRAGMA user_version");
        if (version > FormatVersion)
        {
            throw new StoreException(
                $"{file.Path} was written by a newer FraudStreams (format {version}; this one reads up to {FormatVersion}). Use that version, or another data folder.");
        }
    }

    /// <summary>Parameters are the columns in order, but for true_value. A payment that is there already stays as it is.</summary>
    public SqliteStatement PrepareInsert(SqliteFile file)
    {
        var names = _columns.SkipLast(1).Select(column => SqliteFile.Quote(column.Name)).ToList();
        return file.Prepare($"""
            INSERT INTO transactions ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select(_ => "?"))})
            ON CONFLICT ({SqliteFile.Quote(schema.Roles.Id)}) DO NOTHING
            """);
    }

    static void Configure(SqliteFile file, SqliteStoreSettings settings)
    {
        file.Execute($"""
            PRAGMA synchronous = {settings.Durability.ToSql()};
            PRAGMA wal_autocheckpoint = {Math.Max(1, settings.WriteAheadBytes / PageSize)};
            PRAGMA journal_size_limit = {settings.WriteAheadBytes};
            PRAGMA cache_size = -{Math.Max(1, settings.CacheBytes / 1024)};
            """);
        if (settings.MaxFileBytes is { } limit) file.Execute($"PRAGMA max_page_count = {Math.Max(1, limit / PageSize)};");
    }

    void CreateOrCheck(SqliteFile file)
    {
        if (file.QueryLong("SELECT count(*) FROM sqlite_master") == 0)
        {
            Create(file);
            return;
        }

        CheckVersion(file);
        CheckColumns(file);
    }

    void Create(SqliteFile file)
    {
        var id = SqliteFile.Quote(schema.Roles.Id);
        var time = SqliteFile.Quote(schema.Roles.Time);
        file.Execute($"""
            PRAGMA application_id = {ApplicationId};
            PRAGMA user_version = {FormatVersion};
            CREATE TABLE transactions ( -- times are unix milliseconds, UTC
                {string.Join(",\n    ", _columns.Select(column => $"{SqliteFile.Quote(column.Name)} {column.Type}"))}
            );
            CREATE UNIQUE INDEX transactions_by_id ON transactions ({id});
            CREATE INDEX transactions_by_time ON transactions ({time});
            CREATE INDEX transactions_predicted_fraud ON transactions ({time}) WHERE prediction = 1;
            """);
        if (schema.Roles.Card is { } card)
            file.Execute($"CREATE INDEX transactions_by_card ON transactions ({SqliteFile.Quote(card)}, {time})");
    }

    void CheckColumns(SqliteFile file)
    {
        var found = new List<(string Name, string Type)>();
        using (var rows = file.Query("SELECT name, type FROM pragma_table_info('transactions')"))
        {
            while (rows.Step()) found.Add((rows.Text(0), rows.Text(1)));
        }

        var differences = _columns.Except(found).Select(column => $"it lacks {column.Name} {column.Type}")
            .Concat(found.Except(_columns).Select(column => $"it has {column.Name} {column.Type}"))
            .ToList();
        if (differences.Count == 0) return;
        throw new StoreException(
            $"{file.Path} holds the payments of another schema than {schema.Name}: {string.Join("; ", differences)}. "
            + "Use the schema it was made with, or another data folder.");
    }

    static string TypeOf(FieldType type) => type switch
    {
        FieldType.Text => "TEXT",
        FieldType.Number => "REAL",
        _ => "INTEGER",
    };
}
