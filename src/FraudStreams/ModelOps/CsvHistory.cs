using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;

namespace FraudStreams.ModelOps;

/// <summary>The first rows of a CSV file, by default all.</summary>
sealed class CsvHistory(string file, TransactionSchema schema, long mostRows = long.MaxValue) : IHistory
{
    const int BatchRows = 2048;

    public TransactionSchema Schema { get; } = schema;

    public string Name => Path.GetFileName(file);

    public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(file, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        using var csv = new CsvReader(stream, Schema, Name);
        using var rows = new TransactionRows(Schema, BatchRows);
        while (csv.Row < mostRows && csv.TryRead(rows, out var reason))
        {
            if (reason is not null)
                rejected(reason);
            if (rows.Count < BatchRows)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            yield return rows;
            rows.Clear();
            progress((double)stream.Position / Math.Max(1, stream.Length));
        }

        if (rows.Count > 0)
            yield return rows;
        progress(1);
    }
}
