using SQLitePCL;

namespace FraudStreams.Sqlite;

internal enum SqliteAccess { Create, ReadWrite, ReadOnly }

/// <summary>
/// One connection to one SQLite file, through SQLite's C interface: values are bound and read as spans, so a row costs no allocation.
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

    /// <summary>Rows changed by the last insert, update or delete.</summary>
    public int Changes => raw.sqlite3_changes(_db);

    /// <summary>How long SQLite blocks the thread for a lock that another process holds before it reports SQLITE_BUSY.</summary>
    public TimeSpan BusyTimeout
    {
        set => raw.sqlite3_busy_timeout(_db, (int)value.TotalMilliseconds);
    }

    public static SqliteFile Open(string path, SqliteAccess access, TimeSpan busyTimeout)
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

        // Without permission to write, SQLite opens for reading instead and would fail only at the first write.
        if (access != SqliteAccess.ReadOnly && raw.sqlite3_db_readonly(db, "main") == 1)
        {
            db.Dispose();
            throw SqliteFileException.From(path, raw.SQLITE_READONLY, "opened for reading only");
        }

        raw.sqlite3_extended_result_codes(db, 1);
        return new SqliteFile(path, db) { BusyTimeout = busyTimeout };
    }

    /// <summary>Lets readers and the writer work without blocking each other. Network file systems often do not support it.</summary>
    public void UseWriteAheadLog(int pageSize)
    {
        Execute($"PRAGMA page_size = {pageSize}");
        if (QueryText("PRAGMA journal_mode = WAL") != "wal")
        {
            throw new SqliteFileException(
                Path, SqliteFault.Other, $"{Path}: its file system cannot hold a write-ahead log; choose a data folder on a disk of this machine.");
        }
    }

    /// <summary>
    /// Writes the whole file anew, without what was removed: until something else is stored there, that stays in freed pages and in the write-ahead log,
    /// and pages that a table has left long ago have copies. Takes as long as copying the file, and as much room.
    /// </summary>
    /// <exception cref="SqliteFileException">There is no room, or another process has the file open and its write-ahead log stays.</exception>
    public void WriteAnew()
    {
        Execute("VACUUM");

        // A checkpoint that another connection holds up is no fault to SQLite: its row says so.
        if (QueryLong("PRAGMA wal_checkpoint(TRUNCATE)") != 0)
            throw SqliteFileException.From(Path, raw.SQLITE_BUSY, "the write-ahead log is in use");
    }

    /// <summary>After an erasure that is committed: <see cref="WriteAnew"/>.</summary>
    /// <returns>Why it could not be done, with what to do; null where it was.</returns>
    public string? TryWriteAnew()
    {
        try
        {
            WriteAnew();
            return null;
        }
        catch (SqliteFileException e)
        {
            return $"{Path}: what was erased may still stand in freed pages, as the file could not be written anew: {e.Message}. "
                + $"Close what else has it open, make room for a copy of it ({new FileInfo(Path).Length / 1e6:N0} MB), and run the same command again";
        }
    }

    /// <summary>Quotes a name from outside as an SQL identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    /// <summary>A statement that lives as long as the file is open: prepared once, bound many times.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var prepared = Query(sql);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Runs one or more statements and ignores their rows.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_db, sql));

    /// <summary>A statement for one use; the caller disposes it.</summary>
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

    /// <summary>Acquires the file's write lock at once, so that a transaction never fails half-way because another process writes.</summary>
    public void Begin() => (_begin ??= Prepare("BEGIN IMMEDIATE")).Run();

    public void Commit() => (_commit ??= Prepare("COMMIT")).Run();

    /// <summary>Rolls back after a fault, unless the fault has already ended the transaction.</summary>
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
