using SQLitePCL;

namespace FraudStreams.Sqlite;

/// <summary>Why a file could not be used, as far as it decides what the user, or a retry, can do about it.</summary>
public enum SqliteFault { Other, Locked, DiskFull, ReadOnly, CannotOpen, InputOutput, Damaged }

/// <summary>A SQLite file could not be used: the message names the file, the reason and the remedy.</summary>
public sealed class SqliteFileException(string file, SqliteFault fault, string message) : IOException(message)
{
    public string File { get; } = file;

    public SqliteFault Fault { get; } = fault;

    internal static SqliteFileException From(string file, int code, string detail)
    {
        var fault = FaultOf(code);
        var reason = fault switch
        {
            SqliteFault.Locked =>
                "another process keeps it locked. Close what holds it open (a database browser with an open transaction, a copy, a backup), or use another data folder",
            SqliteFault.DiskFull =>
                "its disk, quota or size limit is full. Nothing of the failed write was kept; free some space, and writing resumes by itself",
            SqliteFault.ReadOnly =>
                "it cannot be written: the file, its folder or its file system is read-only for this user",
            SqliteFault.CannotOpen =>
                "it cannot be opened: its folder is missing, it is itself a folder, this user may not open it, or its disk is full",
            SqliteFault.InputOutput =>
                "reading or writing it failed: the disk is failing, or its file system went away or became read-only",
            SqliteFault.Damaged =>
                "it is damaged, or not a SQLite file. Move it away to start anew, or restore a copy of it",
            _ => "SQLite refused it",
        };
        return new SqliteFileException(file, fault, $"{file}: {reason}. (SQLite {code}: {detail})");
    }

    static SqliteFault FaultOf(int code) => code switch
    {
        // The index of the write-ahead log is a memory-mapped file: on a full disk SQLite fails to enlarge it, with this code.
        raw.SQLITE_IOERR_SHMSIZE => SqliteFault.DiskFull,
        _ => (code & 0xff) switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL => SqliteFault.Locked,
            raw.SQLITE_FULL => SqliteFault.DiskFull,
            raw.SQLITE_READONLY or raw.SQLITE_PERM => SqliteFault.ReadOnly,
            raw.SQLITE_CANTOPEN => SqliteFault.CannotOpen,
            raw.SQLITE_IOERR => SqliteFault.InputOutput,
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => SqliteFault.Damaged,
            _ => SqliteFault.Other,
        },
    };
}
