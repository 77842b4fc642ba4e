using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <summary>Reads the store's file beside its writer: with a write-ahead log neither waits for the other. Opens it for each question.</summary>
sealed class SqlitePaymentReader(SqliteStoreSettings settings, TransactionSchema schema) : IPaymentReader
{
    readonly StoreTables _tables = new(schema, StoreDialect.Sqlite, new StoreTableNames(null));

    public Task<IReadOnlyList<StoredPayment>> FindAsync(PaymentFilter filter, int limit, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<StoredPayment>>([], file =>
    {
        var query = PaymentQuery.Of(schema, _tables, filter, limit, number => $"?{number}");
        using var rows = file.Query(query.Sql);
        for (var i = 0; i < query.Parameters.Count; i++)
            Bind(rows, i + 1, query.Parameters[i]);
        var payments = new List<StoredPayment>();
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            payments.Add(Row(rows));
        }

        return payments;
    });

    public Task<IReadOnlyList<ScoredPayment>> LatestScoredAsync(int limit, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<ScoredPayment>>([], file =>
    {
        using var rows = file.Query(PaymentQuery.Scored(schema, _tables, limit));
        var payments = new List<ScoredPayment>();
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            payments.Add(new ScoredPayment(rows.Long(0), rows.Double(1), rows.IsNull(2) ? 0 : rows.Double(2), rows.IsNull(3) ? null : rows.Long(3) == 1, rows.Long(4) == 1));
        }

        return payments;
    });

    public Task<IReadOnlyList<Label>> LabelsOfAsync(string id, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<Label>>([], file =>
    {
        using var rows = file.Query($"SELECT id, true_value, confirmed_at, confirmed_by FROM label_history WHERE id = ?1 ORDER BY {StoreTables.LatestFirst}");
        rows.Bind(1, id);
        var labels = new List<Label>();
        while (rows.Step())
            labels.Add(new Label(rows.Text(0), rows.Long(1) == 1, rows.Long(2), rows.Text(3)));
        return labels;
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    static void Bind(SqliteStatement rows, int parameter, object value)
    {
        if (value is StoreTime time)
            rows.Bind(parameter, time.Milliseconds);
        else if (value is double number)
            rows.Bind(parameter, number);
        else
            rows.Bind(parameter, (string)value);
    }

    StoredPayment Row(SqliteStatement row)
    {
        var fields = new object?[schema.Fields.Length];
        for (var field = 0; field < fields.Length; field++)
        {
            var column = PaymentQuery.FirstField + field;
            fields[field] = row.IsNull(column) ? null : schema.Fields[field].Type switch
            {
                FieldType.Text => row.Text(column),
                FieldType.Number => row.Double(column),
                _ => row.Long(column),
            };
        }

        return new StoredPayment(
            fields, row.Double(0), row.Long(1) == 1, row.Text(2), row.Long(3), row.IsNull(4) ? null : row.Text(4), row.IsNull(5) ? null : row.Long(5) == 1,
            row.IsNull(6) ? null : row.Long(6), row.IsNull(7) ? null : row.Text(7));
    }

    /// <summary>A search may take its time: not on a thread that others need.</summary>
    Task<T> ReadAsync<T>(T none, Func<SqliteFile, T> read) => Diagnostics.BlockingCall.RunAsync(() =>
    {
        if (!File.Exists(settings.File))
            return none;
        try
        {
            using var file = SqliteFile.Open(settings.File, SqliteAccess.ReadWrite, settings.LockTimeout);
            file.Execute("PRAGMA query_only = 1");
            if (file.QueryLong(StoreDialect.Sqlite.Exists("label_history")) == 0)
                return none;
            SqliteStoreFile.CheckVersion(file);
            return read(file);
        }
        catch (SqliteFileException e)
        {
            throw new StoreException($"The store cannot be read: {e.Message}", e);
        }
    });
}
