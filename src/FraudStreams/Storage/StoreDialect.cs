using FraudStreams.Model.Schemas;

namespace FraudStreams.Storage;

/// <summary>The SQL of one database for the store's types and tables. All other SQL of the store's tables is the same on both.</summary>
/// <param name="Collation">Text is compared by its bytes on both databases.</param>
/// <param name="Exists">Makes the query that counts the tables of a name of <see cref="StoreTableNames"/>.</param>
/// <param name="LastFour">The last four characters of a text column.</param>
/// <param name="Indexed">What an index has of a text of any length: PostgreSQL's take 2,704 bytes an entry, SQLite's all of it.</param>
internal sealed record StoreDialect(
    string Text, string Number, string Whole, string Time, string Flag, string Collation, Func<string, string> Exists, Func<string, string> LastFour, Func<string, string> Indexed)
{
    /// <summary>An index has at least so many characters of a text, and all of a shorter one.</summary>
    public const int LeastIndexed = 100;

    /// <summary>SQLite has no type for times: they are unix milliseconds, UTC.</summary>
    public static readonly StoreDialect Sqlite = new(
        "TEXT", "REAL", "INTEGER", "INTEGER", "INTEGER", "", table => $"SELECT count(*) FROM sqlite_master WHERE name = '{table}'", column => $"substr({column}, -4)", text => text);

    public static readonly StoreDialect Postgres = new(
        "text", "double precision", "bigint", "timestamp with time zone", "smallint", " COLLATE \"C\"",
        table => $"SELECT count(*) FROM pg_class WHERE oid = to_regclass('{table.Replace("'", "''")}')", column => $"right({column}, 4)", text => $"left({text}, {LeastIndexed})");

    public string TypeOf(FieldType type) => type switch
    {
        FieldType.Text => Text,
        FieldType.Number => Number,
        FieldType.Integer => Whole,
        _ => Time,
    };

    /// <summary>A column's declaration in CREATE TABLE.</summary>
    public string Declare(StoreColumn column) =>
        $"{StoreColumn.Quote(column.Name)} {column.Type}{(column.Type == Text ? Collation : "")}";
}

/// <summary>A column's name and its type as the database names it.</summary>
internal readonly record struct StoreColumn(string Name, string Type)
{
    /// <summary>Quotes a name from outside as an SQL identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}
