using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>How a database names what the store is made of. Everything else of the store's SQL is the same on both.</summary>
/// <param name="Collation">Text is compared by its bytes on both databases.</param>
/// <param name="Exists">Counts the tables of a name, which <see cref="StoreTableNames"/> has.</param>
internal sealed record StoreDialect(string Text, string Number, string Whole, string Time, string Flag, string Collation, Func<string, string> Exists)
{
    /// <summary>SQLite has no time of its own: unix milliseconds, UTC.</summary>
    public static readonly StoreDialect Sqlite = new(
        "TEXT", "REAL", "INTEGER", "INTEGER", "INTEGER", "", table => $"SELECT count(*) FROM sqlite_master WHERE name = '{table}'");

    public static readonly StoreDialect Postgres = new(
        "text", "double precision", "bigint", "timestamp with time zone", "smallint", " COLLATE \"C\"",
        table => $"SELECT count(*) FROM pg_class WHERE oid = to_regclass('{table.Replace("'", "''")}')");

    public string TypeOf(FieldType type) => type switch
    {
        FieldType.Text => Text,
        FieldType.Number => Number,
        FieldType.Integer => Whole,
        _ => Time,
    };

    /// <summary>A column as CREATE TABLE has it.</summary>
    public string Declare(StoreColumn column) =>
        $"{StoreColumn.Quote(column.Name)} {column.Type}{(column.Type == Text ? Collation : "")}";
}

/// <summary>A column's name and its type as the database names it.</summary>
internal readonly record struct StoreColumn(string Name, string Type)
{
    /// <summary>A name from outside as an SQL identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}
