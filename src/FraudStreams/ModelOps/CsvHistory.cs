using FraudStreams.Model.Csv;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>The first rows of an input file, by default all, sorted by event time whatever their order in the file.</summary>
sealed class CsvHistory(string file, TransactionSchema schema, long maxRows = long.MaxValue) : IHistory
{
    const int BatchRows = 2048;

    CsvTimeOrder? _order;

    public TransactionSchema Schema { get; } = schema;

    public string Name => InputFile.NameOf(file);

    public string? Columns
    {
        get
        {
            using var input = InputFile.Open(file, Schema.Csv);
            return input.IsTable ? null : CsvHeader.Read(input.Stream, Name, input.Format).Line;
        }
    }

    public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
    {
        using var input = InputFile.Open(file, Schema.Csv);
        var order = _order ??= CsvTimeOrder.Of(input.Stream, Schema, Name, maxRows, cancellationToken, input.Format);
        input.Stream.Position = 0;
        using var csv = new CsvReader(input.Stream, Schema, Schema.Roles.IdFromRow ? InputFile.IdNameOf(file) : Name, format: input.Format);
        using var rows = new TransactionRows(Schema, BatchRows);
        var read = 0L;
        foreach (var scan in order.Ranges)
        {
            csv.MoveTo(scan);
            for (; csv.TryRead(rows, out var reason); read++)
            {
                if (reason is not null)
                    rejected(reason with { Message = reason.Message.StartsWith("line ", StringComparison.Ordinal) ? reason.Message : $"{input.PlaceOf(csv.Row, csv.Line)}: {reason.Message}" });
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
