namespace FraudStreams.Storage;

/// <summary>The store's tables as SQL names them.</summary>
/// <param name="Schema">
/// Of PostgreSQL, and part of every name: what a name without one means depends on a session's search_path, which a pooler may hand on from
/// somebody else. Null in SQLite, where a file is one store.
/// </param>
internal sealed record StoreTableNames(string? Schema)
{
    public string Transactions => Of("transactions");

    public string LabelHistory => Of("label_history");

    public string Steps => Of("store_steps");

    string Of(string table) => Schema is null ? table : $"{StoreColumn.Quote(Schema)}.{table}";
}
