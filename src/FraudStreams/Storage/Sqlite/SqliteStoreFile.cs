using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <summary>Opens the store's file and migrates its tables to this release.</summary>
internal static class SqliteStoreFile
{
    const int ApplicationId = 0x46725372;

    // A row dirties one random page of the id index and one of the card index: larger pages write more for it, smaller ones make deeper trees.
    const int PageSize = 4096;

    /// <summary>Opens the file, and creates it and its folder if they are missing.</summary>
    public static SqliteFile Open(SqliteStoreSettings settings, StoreTables tables, DateTimeOffset now)
    {
        Directory.CreateDirectory(settings.Folder);
        var file = SqliteFile.Open(settings.File, SqliteAccess.Create, settings.LockTimeout);
        try
        {
            file.UseWriteAheadLog(PageSize);
            Configure(file, settings);
            file.Begin();
            if (file.QueryLong("SELECT count(*) FROM sqlite_master") == 0)
                file.Execute($"PRAGMA application_id = {ApplicationId}");
            CheckVersion(file);
            tables.Upgrade(new Connection(file), now);
            file.Commit();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Refuses another program's database, and a newer release's store.</summary>
    public static void CheckVersion(SqliteFile file)
    {
        if (file.QueryLong("PRAGMA application_id") != ApplicationId)
            throw new StoreException($"{file.Path} is a SQLite file, but not FraudStreams' store; choose another data folder.");
        StoreTables.CheckVersion(file.Path, file.QueryLong("PRAGMA user_version"));
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

    sealed class Connection(SqliteFile file) : IStoreConnection
    {
        public string Location => file.Path;

        public bool IsFirstRelease => file.QueryLong("PRAGMA user_version") == 1;

        public void Execute(string sql) => file.Execute(sql);

        public long QueryLong(string sql) => file.QueryLong(sql);

        public IReadOnlyCollection<StoreColumn> ColumnsOfTransactions()
        {
            var found = new List<StoreColumn>();
            using var rows = file.Query("SELECT name, type FROM pragma_table_info('transactions')");
            while (rows.Step()) found.Add(new StoreColumn(rows.Text(0), rows.Text(1)));
            return found;
        }

        /// <summary>user_version tells the first release, which knows no `store_steps`, that it is too old.</summary>
        public void RecordStep(int number, DateTimeOffset now) => file.Execute(
            $"INSERT INTO store_steps (number, applied_at) VALUES ({number}, {now.ToUnixTimeMilliseconds()}); PRAGMA user_version = {number};");
    }
}
