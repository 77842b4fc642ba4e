using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.Sqlite;

namespace FraudStreams.Storage;

/// <summary>Writes rows on one connection: typed cells go to SQLite as they are, without an object or a string in between.</summary>
internal sealed class StoreWriter : IDisposable
{
    readonly SqliteFile _file;
    readonly SqliteStatement _insert;
    readonly TransactionSchema _schema;

    public StoreWriter(SqliteFile file, StoreTable table, TransactionSchema schema)
    {
        _file = file;
        _schema = schema;
        _insert = table.PrepareInsert(file);
    }

    public static StoreCounts Count(SqliteFile file) => new(
        file.QueryLong("SELECT count(*) FROM transactions"),
        file.QueryLong("SELECT count(*) FROM transactions WHERE prediction = 1"));

    public StoreCounts Count() => Count(_file);

    /// <summary>Writes all rows in one transaction; returns what of them is new.</summary>
    public StoreCounts Write(PredictionRows rows)
    {
        var (stored, predictedFrauds) = (0, 0);
        _file.Begin();
        for (var row = 0; row < rows.Count; row++)
        {
            Insert(rows, row);
            if (_file.Changes == 0) continue;

            stored++;
            if (rows.Fraud(row)) predictedFrauds++;
        }

        _file.Commit();
        return new StoreCounts(stored, predictedFrauds);
    }

    /// <summary>After a fault; false where not even that is possible, and closing the file has to do it.</summary>
    public bool TryRollBack()
    {
        try
        {
            _file.RollBack();
            return true;
        }
        catch (SqliteFileException)
        {
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    void Insert(PredictionRows predictions, int row)
    {
        var rows = predictions.Transactions;
        var fields = _schema.Fields;
        for (var field = 0; field < fields.Length; field++)
        {
            var parameter = field + 1;
            if (rows.IsMissing(row, field))
                _insert.BindNull(parameter);
            else if (fields[field].Type == FieldType.Text)
                _insert.BindText(parameter, rows.Text(row, field));
            else if (rows.Integer(row, field) is { } whole)
                _insert.Bind(parameter, whole);
            else
                _insert.Bind(parameter, rows.Number(row, field));
        }

        var next = fields.Length + 1;
        _insert.Bind(next, predictions.Score(row))
            .Bind(next + 1, predictions.Fraud(row) ? 1L : 0L)
            .BindText(next + 2, predictions.ModelVersion(row))
            .Bind(next + 3, predictions.ScoredAt(row))
            .Run();
    }
}
