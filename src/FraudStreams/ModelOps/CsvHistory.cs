using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>The first rows of a CSV file, by default all, sorted by event time whatever their order in the file.</summary>
sealed class CsvHistory(string file, TransactionSchema schema, long maxRows = long.MaxValue) : IHistory
{
    const int BatchRows = 2048;

    CsvTimeOrder? _order;

    public TransactionSchema Schema { get; } = schema;

    public string Name => InputFile.NameOf(file);

    public string Columns
    {
        get
        {
            using var stream = InputFile.Open(file);
            return CsvHeader.Read(stream, Name).Line;
        }
    }

    public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
    {
        using var stream = InputFile.Open(file);
        var order = _order ??= CsvTimeOrder.Of(stream, Schema, Name, maxRows, cancellationToken);
        stream.Position = 0;
        using var csv = new CsvReader(stream, Schema, Schema.Roles.IdFromRow ? InputFile.IdNameOf(file) : Name);
        using var rows = new TransactionRows(Schema, BatchRows);
        var read = 0L;
        foreach (var scan in order.Ranges)
        {
            csv.MoveTo(scan);
            for (; csv.TryRead(rows, out var reason); read++)
            {
                if (reason is not null)
                    rejected(reason);
                if (rows.Count < BatchRows)
                    continue;
                cancellationToken.ThrowIfCancellationRequested();
                yield return rows;
                rows.Clear();
                progress(read / (double)order.Rows);
            }
        }

        if (rows.Count > 0)
            yield return rows;
        progress(1);
    }
}
