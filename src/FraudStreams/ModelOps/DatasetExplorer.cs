using FraudStreams.Diagnostics;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Profiling;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation;

namespace FraudStreams.ModelOps;

/// <summary>Profiles a file of payments in the order of its rows, so that rows out of order are seen, too.</summary>
static class DatasetExplorer
{
    const int BatchRows = 2048;

    public static DatasetProfile Explore(string file, TransactionSchema schema, WorkProgress progress, CancellationToken cancellationToken)
    {
        var name = InputFile.NameOf(file);
        using var input = InputFile.Open(file, schema.Csv);
        using var csv = new CsvReader(input.Stream, schema, schema.Roles.IdFromRow ? InputFile.IdNameOf(file) : name, format: input.Format);
        using var rows = new TransactionRows(schema, BatchRows);
        var profiler = new DatasetProfiler(schema);
        var share = progress.Step($"Reading {name}");
        while (csv.TryRead(rows, out var reason))
        {
            if (reason is not null)
                profiler.Reject(reason);
            if (rows.Count < BatchRows)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            profiler.Add(rows);
            rows.Clear();
            share((double)input.Stream.Position / Math.Max(1, input.Stream.Length));
        }

        profiler.Add(rows);
        share(1);
        return profiler.Profile(name);
    }
}
