using SQLitePCL;

namespace FraudStreams.Sqlite;

/// <summary>A prepared statement. Parameters count from 1 and columns from 0, as in SQLite. A span that was read is valid until the next step.</summary>
internal sealed class SqliteStatement(SqliteFile file, sqlite3_stmt statement) : IDisposable
{
    public SqliteStatement Bind(int parameter, long value)
    {
        raw.sqlite3_bind_int64(statement, parameter, value);
        return this;
    }

    public SqliteStatement Bind(int parameter, double value)
    {
        raw.sqlite3_bind_double(statement, parameter, value);
        return this;
    }

    public SqliteStatement Bind(int parameter, string value)
    {
        raw.sqlite3_bind_text(statement, parameter, value);
        return this;
    }

    public SqliteStatement BindText(int parameter, ReadOnlySpan<byte> utf8)
    {
        file.Check(raw.sqlite3_bind_text(statement, parameter, utf8));
        return this;
    }

    public SqliteStatement BindBlob(int parameter, ReadOnlySpan<byte> bytes)
    {
        file.Check(raw.sqlite3_bind_blob(statement, parameter, bytes));
        return this;
    }

    public SqliteStatement BindNull(int parameter)
    {
        raw.sqlite3_bind_null(statement, parameter);
        return this;
    }

    /// <summary>True if there is a row to read; false at the end, when the statement is ready to be bound again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(statement);
        if (code == raw.SQLITE_ROW) return true;

        if (code == raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(statement);
            return false;
        }

        var fault = file.Fault(code);
        raw.sqlite3_reset(statement);
        throw fault;
    }

    /// <summary>Runs a statement and ignores its rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>The first column of the first row, or the default if there is no row or the column is null.</summary>
    public long LongOr(long defaultValue)
    {
        var value = Step() && !IsNull(0) ? Long(0) : defaultValue;
        Reset();
        return value;
    }

    public void Reset() => raw.sqlite3_reset(statement);

    public int Columns => raw.sqlite3_column_count(statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    /// <summary>Whether <see cref="Bytes"/> has it as it is stored: a text or a blob, no number.</summary>
    public bool IsBytes(int column) => raw.sqlite3_column_type(statement, column) is raw.SQLITE_TEXT or raw.SQLITE_BLOB;

    public long Long(int column) => raw.sqlite3_column_int64(statement, column);

    public double Double(int column) => raw.sqlite3_column_double(statement, column);

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(statement, column);

    public void Dispose() => statement.Dispose();
}
