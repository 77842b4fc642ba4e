namespace FraudStreams.Storage;

/// <summary>The store's tables as SQL names them.</summary>
/// <param name="Schema">
/// The PostgreSQL schema, part of every name: an unqualified name depends on the session's search_path, which may be left over from another client of
/// a pooler. Null in SQLite, where a file is one store.
/// </param>
internal sealed record StoreTableNames(string? Schema)
{
    public string Transactions => Of("transactions");

    public string LabelHistory => Of("label_history");

    public string Shadow => Of("shadow");

    public string Leases => Of("leases");

    public string Steps => Of("store_steps");

    string Of(string table) => Schema is null ? table : $"{StoreColumn.Quote(Schema)}.{table}";
}
