using System.Buffers;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;

namespace FraudStreams.Storage.Sqlite;

/// <summary>Writes rows on one connection: typed cells are bound directly, without an object or a string in between.</summary>
internal sealed class SqliteStoreWriter : IDisposable
{
    readonly TransactionSchema _schema;
    readonly SqliteStatement _insert, _insertShadow, _anyLabel, _insertLabel, _applyLabel, _findPayment, _findLabel;
    readonly ArrayBufferWriter<byte> _unusual = new(256);

    public SqliteStoreWriter(SqliteFile file, StoreTables tables, TransactionSchema schema)
    {
        File = file;
        _schema = schema;
        _insert = file.Prepare($"""
            INSERT INTO transactions ({StoreTables.Names(tables.Written)}) VALUES ({string.Join(", ", tables.Written.Select(_ => "?"))})
            ON CONFLICT ({tables.Id}) DO NOTHING
            """);
        _insertShadow = file.Prepare($"INSERT INTO shadow ({StoreTables.ShadowColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _anyLabel = file.Prepare("SELECT EXISTS (SELECT 1 FROM label_history)");
        _insertLabel = file.Prepare(
            "INSERT INTO label_history (id, confirmed_at, confirmed_by, true_value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _findPayment = file.Prepare($"SELECT EXISTS (SELECT 1 FROM transactions WHERE {tables.Id} = ?)");
        _findLabel = file.Prepare(
            "SELECT EXISTS (SELECT 1 FROM label_history WHERE id = ? AND confirmed_at = ? AND confirmed_by = ? AND true_value = ?)");
        _applyLabel = file.Prepare($"""
            UPDATE transactions SET true_value = latest.true_value, confirmed_at = latest.confirmed_at, confirmed_by = latest.confirmed_by
            FROM (SELECT * FROM label_history WHERE id = ?1 ORDER BY {StoreTables.LatestFirst} LIMIT 1) AS latest
            WHERE transactions.{tables.Id} = ?1
            """);
    }

    public SqliteFile File { get; }

    /// <summary>Writes all rows in one transaction, with the labels that arrived before them; returns the counts of the new ones.</summary>
    public StoreCounts Write(PredictionRows rows)
    {
        var (stored, predictedFrauds) = (0, 0);
        File.Begin();
        var hasLabels = _anyLabel.LongOr(0) == 1;
        for (var row = 0; row < rows.Count; row++)
        {
            Insert(rows, row);
            if (File.Changes == 0) continue;

            stored++;
            if (rows.Fraud(row)) predictedFrauds++;
            if (hasLabels) _applyLabel.BindText(1, rows.Transactions.Id(row)).Run();
        }

        File.Commit();
        return new StoreCounts(stored, predictedFrauds);
    }

    /// <summary>Writes all labels in one transaction, and the latest of each payment into its row.</summary>
    public LabelCounts Write(IReadOnlyList<Label> labels)
    {
        var (added, changed) = (0, 0);
        File.Begin();
        foreach (var label in labels)
        {
            Bound(_insertLabel, label).Run();
            if (File.Changes == 0) continue;

            added++;
            _applyLabel.Bind(1, label.Id).Run();
            changed += File.Changes;
        }

        File.Commit();
        return new LabelCounts(added, labels.Count - added, changed);
    }

    /// <summary>Writes all scores in one transaction; returns how many are new.</summary>
    public long Write(IReadOnlyList<ShadowScore> scores)
    {
        var added = 0L;
        File.Begin();
        foreach (var score in scores)
        {
            _insertShadow.Bind(1, score.Id).Bind(2, score.EventTime).Bind(3, score.ModelVersion).Bind(4, score.Score).Bind(5, score.Fraud ? 1L : 0L).Bind(6, score.Threshold)
                .Bind(7, score.ChampionVersion).Bind(8, score.ChampionScore).Bind(9, score.ChampionFraud ? 1L : 0L).Bind(10, score.ScoredAt);
            if (score.Reasons is { } reasons)
                _insertShadow.Bind(11, reasons);
            else
                _insertShadow.BindNull(11);
            _insertShadow.Run();
            added += File.Changes;
        }

        File.Commit();
        return added;
    }

    public IReadOnlyList<StoredOfLabel> Find(IReadOnlyList<Label> labels)
    {
        var found = new StoredOfLabel[labels.Count];
        for (var label = 0; label < found.Length; label++)
            found[label] = new StoredOfLabel(_findPayment.Bind(1, labels[label].Id).LongOr(0) == 1, Bound(_findLabel, labels[label]).LongOr(0) == 1);
        return found;
    }

    /// <summary>Rolls back after a fault; false if that fails too, and closing the file has to do it.</summary>
    public bool TryRollBack()
    {
        try
        {
            File.RollBack();
            return true;
        }
        catch (SqliteFileException)
        {
            return false;
        }
    }

    public void Dispose() => File.Dispose();

    static SqliteStatement Bound(SqliteStatement statement, Label label) =>
        statement.Bind(1, label.Id).Bind(2, label.ConfirmedAt).Bind(3, label.ConfirmedBy).Bind(4, label.Fraud ? 1L : 0L);

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
            .Bind(next + 3, predictions.ScoredAt(row));
        _unusual.ResetWrittenCount();
        if (predictions.TryWriteUnusual(row, _unusual))
            _insert.BindText(next + 4, _unusual.WrittenSpan);
        else
            _insert.BindNull(next + 4);
        if (predictions.Reasons(row) is { IsEmpty: false } reasons)
            _insert.BindText(next + 5, reasons);
        else
            _insert.BindNull(next + 5);
        _insert.Run();
    }
}
