using SQLitePCL;

namespace FraudStreams.Sqlite;

internal enum SqliteAccess { Create, ReadWrite, ReadOnly }

/// <summary>
/// One connection to one SQLite file, on SQLite's own C interface: what is bound and what is read are spans, so a row costs no allocation.
/// Not thread-safe: one caller at a time.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    const int OpenWithoutMutex = 0x00008000;

    readonly sqlite3 _db;
    readonly List<SqliteStatement> _statements = [];
    SqliteStatement? _begin, _commit, _rollBack;

    static SqliteFile() => Batteries_V2.Init();

    SqliteFile(string path, sqlite3 db)
    {
        Path = path;
        _db = db;
    }

    public string Path { get; }

    public bool InTransaction => raw.sqlite3_get_autocommit(_db) == 0;

    /// <summary>Rows that the last insert, update or delete changed.</summary>
    public int Changes => raw.sqlite3_changes(_db);

    /// <summary>How long SQLite itself waits, and holds the thread, for a lock that another process has before it reports it.</summary>
    public TimeSpan Patience
    {
        set => raw.sqlite3_busy_timeout(_db, (int)value.TotalMilliseconds);
    }

    public static SqliteFile Open(string path, SqliteAccess access, TimeSpan patience)
    {
        var flags = OpenWithoutMutex | access switch
        {
            SqliteAccess.Create => raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE,
            SqliteAccess.ReadWrite => raw.SQLITE_OPEN_READWRITE,
            _ => raw.SQLITE_OPEN_READONLY,
        };
        var code = raw.sqlite3_open_v2(path, out var db, flags, null);
        if (code != raw.SQLITE_OK)
        {
            db?.Dispose();
            throw SqliteFileException.From(path, code, raw.sqlite3_errstr(code).utf8_to_string());
        }

        // Where writing is not allowed SQLite opens for reading instead, and would say so only at the first write.
        if (access != SqliteAccess.ReadOnly && raw.sqlite3_db_readonly(db, "main") == 1)
        {
            db.Dispose();
            throw SqliteFileException.From(path, raw.SQLITE_READONLY, "opened for reading only");
        }

        raw.sqlite3_extended_result_codes(db, 1);
        return new SqliteFile(path, db) { Patience = patience };
    }

    /// <summary>Readers and the writer do not wait for each other. Not every file system can do that: a network's often cannot.</summary>
    public void UseWriteAheadLog(int pageSize)
    {
        Execute($"PRAGMA page_size = {pageSize}");
        if (QueryText("PRAGMA journal_mode = WAL") != "wal")
        {
            throw new SqliteFileException(
                Path, SqliteFault.Other, $"{Path}: its file system cannot hold a write-ahead log; choose a data folder on a disk of this machine.");
        }
    }

    /// <summary>A name from outside as an SQL identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    /// <summary>The statement lives as long as the file is open; it is prepared once and bound many times.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var prepared = Query(sql);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Runs one or more statements that return nothing of interest.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_db, sql));

    /// <summary>A statement for once: whoever asks for it disposes it.</summary>
    public SqliteStatement Query(string sql) => new(this, Compile(sql));

    public long QueryLong(string sql)
    {
        using var statement = Query(sql);
        return statement.Step() ? statement.Long(0) : throw new InvalidOperationException($"no row: {sql}");
    }

    public string QueryText(string sql)
    {
        using var statement = Query(sql);
        return statement.Step() ? statement.Text(0) : throw new InvalidOperationException($"no row: {sql}");
    }

    /// <summary>Takes the file's write lock at once, so that a transaction never fails half-way because another process writes.</summary>
    public void Begin() => (_begin ??= Prepare("BEGIN IMMEDIATE")).Run();

    public void Commit() => (_commit ??= Prepare("COMMIT")).Run();

    /// <summary>After a fault: some faults have ended the transaction already.</summary>
    public void RollBack()
    {
        foreach (var statement in _statements) statement.Reset();
        if (InTransaction) (_rollBack ??= Prepare("ROLLBACK")).Run();
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _db.Dispose();
    }

    internal void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw Fault(code);
    }

    internal SqliteFileException Fault(int code) => SqliteFileException.From(Path, code, raw.sqlite3_errmsg(_db).utf8_to_string());

    sqlite3_stmt Compile(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_db, sql, out var statement));
        return statement;
    }
}
